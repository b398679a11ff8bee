#include "cli/parser_tree.hpp"

#include <CLI/CLI.hpp>
#include <cstddef>
#include <string>

namespace mer::cli {
namespace {

// "TEXT:{last,best-test}" -> last, best-test
std::vector<std::string> choices_in(const std::string& type) {
  std::vector<std::string> choices;
  const std::size_t open = type.find('{'), close = type.rfind('}');
  if (open == std::string::npos || close == std::string::npos) return choices;
  for (std::size_t begin = open + 1; begin < close;) {
    const std::size_t end = std::min(type.find(',', begin), close);
    choices.push_back(type.substr(begin, end - begin));
    begin = end + 1;
  }
  return choices;
}

OptionSpec spec_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  OptionSpec spec{.choices = choices_in(type), .help = option.get_description(), .required = option.get_required()};
  if (option.get_positional()) {
    spec.names = {option.get_name(true)};
    return spec;
  }
  for (const std::string& name : option.get_snames()) spec.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) spec.names.push_back("--" + name);
  if (option.get_items_expected_max() > 0) {
    const std::string word = type.substr(0, type.find_first_of(":{ "));
    spec.value = word.empty() || word == "TEXT" ? "WORD" : word;
  }
  return spec;
}

}  // namespace

CommandSpec tree_of(const CLI::App& app) {
  CommandSpec command{.name = app.get_name(), .help = app.get_description(), .footer = app.get_footer()};
  for (const CLI::Option* const option : app.get_options()) {
    (option->get_positional() ? command.positionals : command.options).push_back(spec_of(*option));
  }
  for (const CLI::App* const below : app.get_subcommands({})) {
    if (!below->get_description().empty()) command.commands.push_back(tree_of(*below));
  }
  return command;
}

}  // namespace mer::cli
