// The tree of a CLI11 parser. Apart from main.cpp the only place that knows CLI11.
//
// Threads: pure functions. Errors: none.
#pragma once

#include "cli/command_tree.hpp"

namespace CLI {
class App;
}

namespace mer::cli {

// Hidden commands (without a help text) are left out.
CommandSpec tree_of(const CLI::App& app);

}  // namespace mer::cli
