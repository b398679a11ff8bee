// Checks of a sweep file's values against the table of fields, and the errors they make. Used by sweep_file.cpp and
// sweep_expand.cpp.
//
// Threads: plain values. Errors: invalid; "WHERE: POINTER: VALUE is not allowed (did you mean ...?); allowed: ...".
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "core/fields.hpp"
#include "core/json_text.hpp"
#include "core/result.hpp"

namespace mer {

// Where a value came from: the file, or the --set argument that put it there.
struct SweepOrigin {
  std::string file;
  std::vector<std::pair<std::string, std::string>> overrides;  // JSON pointer, the argument

  Error error(const std::string& pointer, const std::string& message) const;
};

Status check_object(const SweepOrigin& origin, const std::string& pointer, const nlohmann::json& value);
Status check_not_empty_array(const SweepOrigin& origin, const std::string& pointer, const nlohmann::json& value);

// REQUIRES: an object.
Status check_keys(const SweepOrigin& origin, const std::string& pointer, const nlohmann::json& object,
                  const std::vector<std::string>& allowed);
Status check_value(const SweepOrigin& origin, const std::string& pointer, const Field& field,
                   const nlohmann::json& value);

}  // namespace mer
