// Completion of merctl's command line in bash, zsh and fish. Each shell calls a hidden command with the words so far,
// and gets what may follow: the logic is here, once.
//
// Threads: pure functions. Errors: none.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "cli/command_tree.hpp"
#include "cli/context.hpp"
#include "core/exit_code.hpp"

namespace mer::cli {

inline constexpr const char* kCompleteCommand = "__complete";  // WORD...: the last is the one at the cursor

struct Candidate {
  std::string word;
  std::string help;
  bool operator==(const Candidate&) const = default;
};

struct Completion {
  std::vector<Candidate> candidates = {};
  bool sweeps = false;  // names of the store's sweeps fit too; nothing at all: files may
};
// words: those after the program's name, the last, perhaps empty, is to be completed.
Completion complete_words(const CommandSpec& program, std::span<const std::string> words);

// What kCompleteCommand does: prints a word, a tab and its help for each.
ExitCode completion_command(Context context, const CommandSpec& program, std::span<const std::string> words);

// What makes the shell ask; nullptr: no such shell. "bash", "zsh", "fish".
const char* completion_script(const std::string& shell);

}  // namespace mer::cli
