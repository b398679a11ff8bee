// Provenance: the environments of attempts, as a person reads and compares them.
//
// Threads: pure functions. docs/provenance.md says what an environment holds.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "core/records.hpp"

namespace mer::cli {

// Name and text of each fact, for a screen: device, code, program, machine, libraries, variables. A fact of which
// nothing is recorded is left out.
std::vector<std::pair<std::string, std::string>> facts_of(const Environment& environment);

// "alpha 0.1, recurrent bigru": a JSON object on one line.
std::string pairs_text(const nlohmann::json& object);

struct EnvironmentDifference {
  std::string what;  // "host", "threads", a key of Environment::versions, "variable OMP_NUM_THREADS"
  std::string recorded, again;
  bool operator==(const EnvironmentDifference&) const = default;
};

// In what a second run's environment is not that of the attempts which made the first, oldest first; where these
// differ among themselves, `recorded` is "A, then B". Process ids do not count, nor does what was not recorded.
std::vector<EnvironmentDifference> differences_of(const std::vector<Environment>& recorded, const Environment& again);

}  // namespace mer::cli
