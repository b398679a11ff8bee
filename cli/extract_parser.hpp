// The words of `merctl extract`.
//
// Threads: one.
#pragma once

#include <functional>

#include "cli/commands.hpp"

namespace CLI {
class App;
}

namespace mer::cli {

struct ExtractArguments {
  const Context& context;
  std::function<ExitCode()>& chosen;
  ExtractOptions options = {};
};

// `arguments` must live as long as the parser.
void add_extract_command(CLI::App& app, ExtractArguments& arguments);

}  // namespace mer::cli
