// The man page of merctl, from the command line itself.
//
// Threads: pure functions. Errors: none.
#pragma once

#include <string>

#include "cli/command_tree.hpp"

namespace mer::cli {

// In roff with the man macros, for `man -l -`.
std::string man_page(const CommandSpec& program, const std::string& version);

}  // namespace mer::cli
