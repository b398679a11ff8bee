// Expansion of a sweep file's grid, zip, random and list into points. Order and meaning: core/sweep_file.hpp.
//
// Threads: pure functions. Errors: invalid (see core/sweep_check.hpp).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/sweep_check.hpp"

namespace mer {

struct Expansion {
  std::vector<nlohmann::json> points;  // objects: field path -> value; one empty object when nothing varies
  std::vector<std::string> varied;     // paths that the points set, in the order of the table of fields
};

// REQUIRES: document is an object.
Result<Expansion> expand(const SweepOrigin& origin, const nlohmann::json& document);

}  // namespace mer
