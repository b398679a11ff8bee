#include "cli/command_tree.hpp"

#include <algorithm>

#include "core/joined.hpp"
#include "core/nearest.hpp"
#include "core/quoting.hpp"

namespace mer::cli {
namespace {

bool is_option(const std::string& word) {
  return word.size() > 1 && word.front() == '-';
}

const CommandSpec* find_command(const CommandSpec& parent, const std::string& name) {
  const auto found = std::ranges::find(parent.commands, name, &CommandSpec::name);
  return found == parent.commands.end() ? nullptr : &*found;
}

// "--store=x" brings its value along.
void take_option(CommandPath& path, const std::string& word) {
  const std::size_t equals = word.find('=');
  const OptionSpec* const option = find_option(path, word.substr(0, equals));
  if (option == nullptr && path.stray.empty()) path.stray = word.substr(0, equals);
  if (option != nullptr && !option->value.empty() && equals == std::string::npos) path.open = option;
}

void take_word(CommandPath& path, const std::string& word) {
  const CommandSpec* const command = path.positionals.empty() ? find_command(path.last(), word) : nullptr;
  if (command != nullptr) {
    path.commands.push_back(command);
    return;
  }
  if (!path.last().commands.empty() && path.stray.empty()) path.stray = word;
  path.positionals.push_back(word);
}

std::vector<std::string> option_names(const CommandPath& path) {
  std::vector<std::string> names;
  for (const CommandSpec* const command : path.commands) {
    for (const OptionSpec& option : command->options) {
      names.insert(names.end(), option.names.begin(), option.names.end());
    }
  }
  return names;
}

std::vector<std::string> command_names(const CommandSpec& parent) {
  std::vector<std::string> names;
  for (const CommandSpec& command : parent.commands) names.push_back(command.name);
  return names;
}

// "merctl alloc add"
std::string called(const CommandPath& path) {
  return joined(path.commands, " ", [](const CommandSpec* command) { return command->name; });
}

}  // namespace

const OptionSpec* find_option(const CommandPath& path, const std::string& name) {
  for (auto command = path.commands.rbegin(); command != path.commands.rend(); ++command) {
    for (const OptionSpec& option : (*command)->options) {
      if (std::ranges::find(option.names, name) != option.names.end()) return &option;
    }
  }
  return nullptr;
}

CommandPath follow_words(const CommandSpec& program, std::span<const std::string> words) {
  CommandPath path{.commands = {&program}};
  for (const std::string& word : words) {
    if (path.open != nullptr) {
      path.open = nullptr;
    } else if (is_option(word)) {
      take_option(path, word);
    } else {
      take_word(path, word);
    }
  }
  return path;
}

std::string advice_on(const CommandSpec& program, std::span<const std::string> words) {
  const CommandPath path = follow_words(program, words);
  if (path.stray.empty()) return "";
  const bool option = is_option(path.stray);
  const std::vector<std::string> known = option ? option_names(path) : command_names(path.last());
  return called(path) + (option ? ": there is no option " : ": there is no command ") + quote(path.stray) +
         did_you_mean(path.stray, known);
}

}  // namespace mer::cli
