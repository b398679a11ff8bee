// "path=value" arguments (--set) on a sweep document, and its relative paths made absolute.
//
// Threads: pure functions but for the current folder. Errors: invalid (see core/sweep_check.hpp).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/sweep_check.hpp"

namespace mer {

// Applies the arguments in order and notes them in `origin`. A path is a top-level key, or one and a key below it
// ("model.alpha", "grid.model.alpha"). In a resolved document ("configurations") a key of corpus, folds, model or train
// is set in every configuration. REQUIRES: document is an object.
Status apply_overrides(const std::vector<std::string>& arguments, SweepOrigin& origin, nlohmann::json& document);

// An argument for a field that the file's grid, zip, random or list varies would have no effect: an error.
Status check_no_override_varies(const SweepOrigin& origin, const std::vector<std::string>& varied);

// Every path of a file or folder, in the sections, in grid, zip, random and list, and in the configurations of a
// resolved document. Values of a wrong type are left. Error: the folder's name is not UTF-8.
Status make_paths_absolute(nlohmann::json& document, const std::string& base_folder);

}  // namespace mer
