// run_program: runs a short program and collects what it prints.
#pragma once

#include <string>
#include <vector>

namespace mer::cli {

struct ProgramOutput {
  int status = 127;  // exit status; 128 + signal when killed; 127 when it cannot be started
  std::string text;  // standard output and error together, at most 64 KiB
};

// REQUIRES: arguments is not empty. Looks arguments[0] up in PATH unless it has a slash. Threads: any.
ProgramOutput run_program(const std::vector<std::string>& arguments);

}  // namespace mer::cli
