#include "cli/completion.hpp"

#include <algorithm>

namespace mer::cli {
namespace {

void add(Completion& completion, const std::string& begun, const std::string& word, const std::string& help) {
  if (word.starts_with(begun)) completion.candidates.push_back({word, help});
}

void add_values(Completion& completion, const std::string& begun, const OptionSpec& option) {
  for (const std::string& choice : option.choices) add(completion, begun, choice, "");
  const std::string& value = option.value.empty() ? option.names.front() : option.value;
  completion.sweeps = value == "SWEEP" || value == "SWEEP|TRIAL";
}

void add_options(Completion& completion, const std::string& begun, const CommandPath& path) {
  for (auto command = path.commands.rbegin(); command != path.commands.rend(); ++command) {
    for (const OptionSpec& option : (*command)->options) add(completion, begun, option.names.back(), option.help);
  }
}

// The positional that comes next; the last one takes any number of words.
const OptionSpec* next_positional(const CommandPath& path) {
  const std::vector<OptionSpec>& positionals = path.last().positionals;
  if (positionals.empty()) return nullptr;
  return &positionals[std::min(path.positionals.size(), positionals.size() - 1)];
}

}  // namespace

Completion complete_words(const CommandSpec& program, std::span<const std::string> words) {
  Completion completion;
  if (words.empty()) return completion;
  const std::string& begun = words.back();
  const CommandPath path = follow_words(program, words.first(words.size() - 1));
  if (path.open != nullptr) {
    add_values(completion, begun, *path.open);
  } else if (begun.starts_with('-')) {
    add_options(completion, begun, path);
  } else if (path.positionals.empty() && !path.last().commands.empty()) {
    for (const CommandSpec& command : path.last().commands) add(completion, begun, command.name, command.help);
  } else if (const OptionSpec* const positional = next_positional(path)) {
    add_values(completion, begun, *positional);
  }
  return completion;
}

const char* completion_script(const std::string& shell) {
  if (shell == "bash") {
    return R"(# bash completion of merctl:  source <(merctl completion bash)
_merctl() {
  local IFS=$'\n'
  COMPREPLY=($(merctl __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1))
}
complete -o default -F _merctl merctl
)";
  }
  if (shell == "zsh") {
    return R"(#compdef merctl
# zsh completion of merctl:  source <(merctl completion zsh)
_merctl() {
  local -a lines words_of shown
  lines=("${(@f)$(merctl __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  lines=("${(@)lines:#}")
  if (( ! ${#lines} )); then
    _files
    return
  fi
  words_of=("${(@)lines%%$'\t'*}")
  shown=("${(@)lines//$'\t'/  }")
  compadd -d shown -a words_of
}
compdef _merctl merctl
)";
  }
  if (shell == "fish") {
    return R"(# fish completion of merctl:  merctl completion fish | source
function __merctl_words
  set -l words (commandline -opc) (commandline -ct)
  merctl __complete $words[2..-1] 2>/dev/null
end
complete -c merctl -a '(__merctl_words)'
)";
  }
  return nullptr;
}

}  // namespace mer::cli
