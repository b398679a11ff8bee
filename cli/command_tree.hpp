// The command line of merctl as data: what help, completion, man page and advice on misspelt words say.
//
// Threads: plain values and pure functions. Errors: none.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace mer::cli {

struct OptionSpec {
  std::vector<std::string> names = {};    // "-f", "--follow"; of a positional the name that help gives it
  std::string value = {};                 // "DIR"; empty: a flag
  std::vector<std::string> choices = {};  // the words that it takes; empty: any
  std::string help = {};
  bool required = false;
};

struct CommandSpec {
  std::string name = {};
  std::string help = {};
  std::string footer = {};  // an example, or exit codes
  std::vector<OptionSpec> options = {};
  std::vector<OptionSpec> positionals = {};
  std::vector<CommandSpec> commands = {};
};

// How far words (those after the program's name) lead down the tree.
struct CommandPath {
  std::vector<const CommandSpec*> commands = {};  // the program first
  std::vector<std::string> positionals = {};      // of the last one
  const OptionSpec* open = nullptr;               // the last word was an option that still wants its value
  std::string stray = {};  // the first word that nothing in the tree stands for; empty: there is none

  const CommandSpec& last() const { return *commands.back(); }
};
CommandPath follow_words(const CommandSpec& program, std::span<const std::string> words);

// The option of this name that holds after the path: of its last command, or of one before it.
const OptionSpec* find_option(const CommandPath& path, const std::string& name);

// What to say of words that cannot be parsed: `merctl: there is no command "statsu" (did you mean "status"?)`. Empty:
// nothing in them is unknown.
std::string advice_on(const CommandSpec& program, std::span<const std::string> words);

}  // namespace mer::cli
