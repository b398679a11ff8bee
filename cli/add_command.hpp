// How every command of merctl enters its parser.
//
// Threads: one.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace mer::cli {

inline CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& text,
                             const std::string& example) {
  CLI::App* command = parent.add_subcommand(name, text);
  command->footer("Example:\n  " + example);
  command->fallthrough();
  return command;
}

}  // namespace mer::cli
