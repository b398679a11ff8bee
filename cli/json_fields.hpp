// What `--json FIELD,...` leaves of an answer.
//
// Threads: a pure function. Errors: invalid: a field that the answer does not have; it lists those that there are.
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"

namespace mer::cli {

// A field is a key of the answer, or of the objects in its lists ("name" of {"sweeps": [{"name": ...}]}), and keys
// within it after dots ("counts.done"). The answer keeps its form, and "schema". Where all lists are empty nobody knows
// their fields: any is taken. REQUIRES: `document` is a JSON object.
Result<std::string> with_fields(const std::string& document, const std::vector<std::string>& fields);

}  // namespace mer::cli
