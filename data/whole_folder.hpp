// A folder that appears whole or not at all.
//
// Threads: pure apart from the files. Errors: invalid: there is something already; no_space, io; those
// of what fills it.
#pragma once

#include <functional>
#include <string>

#include "core/result.hpp"

namespace mer::data {

// A new one. Errors: of the system.
Status make_folder(const std::string& folder);

// Whether write_whole_folder may make it: for whoever has long to work before. Error: invalid.
Status check_new_folder(const std::string& folder);

// Makes a new folder under a temporary name, and those above it that are missing, calls `fill` with it, and renames it.
// An empty folder of the final name is replaced. On an error nothing is left but folders above.
Status write_whole_folder(const std::string& folder, const std::function<Status(const std::string& temporary)>& fill);

}  // namespace mer::data
