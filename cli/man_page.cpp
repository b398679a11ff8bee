#include "cli/man_page.hpp"

#include <vector>

#include "core/joined.hpp"

namespace mer::cli {
namespace {

// A line that begins with . or ' is a request of roff.
std::string roff(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) {
      out += std::string("\\&") + c;
    } else {
      out += c;
    }
  }
  return out;
}

std::string bold(const std::string& text) {
  return "\\fB" + roff(text) + "\\fR";
}
std::string italic(const std::string& text) {
  return "\\fI" + roff(text) + "\\fR";
}

std::string choices_text(const OptionSpec& option) {
  return option.choices.empty() ? "" : " One of " + joined(option.choices, ", ") + ".";
}

std::string entry(const std::string& term, const OptionSpec& option) {
  return ".TP\n" + term + "\n" + roff(option.help + '.' + choices_text(option)) + '\n';
}

std::string option_entry(const OptionSpec& option) {
  const std::string term = joined(option.names, ", ", bold);
  return entry(option.value.empty() ? term : term + ' ' + italic(option.value), option);
}

std::string synopsis(const std::string& called, const CommandSpec& command) {
  std::string line = bold(called);
  if (!command.options.empty()) line += " [" + italic("options") + "]";
  if (!command.commands.empty()) line += ' ' + italic("command");
  for (const OptionSpec& positional : command.positionals) {
    const std::string name = italic(positional.names.front());
    line += positional.required ? ' ' + name : " [" + name + "]";
  }
  return line;
}

// "Example:\n  merctl ..." as it stands.
std::string footer_text(const std::string& footer) {
  return footer.empty() ? "" : ".PP\n.nf\n" + roff(footer) + "\n.fi\n";
}

std::string details(const CommandSpec& command) {
  std::string out;
  for (const OptionSpec& positional : command.positionals) {
    out += entry(italic(positional.names.front()), positional);
  }
  for (const OptionSpec& option : command.options) {
    if (option.names.back() != "--help") out += option_entry(option);  // stands among those of the program
  }
  return out + footer_text(command.footer);
}

std::string sections_of(const std::string& parent, const CommandSpec& command) {
  const std::string called = parent + ' ' + command.name;
  std::string out = ".SS " + synopsis(called, command) + '\n' + roff(command.help + '.') + '\n' + details(command);
  for (const CommandSpec& below : command.commands) out += sections_of(called, below);
  return out;
}

}  // namespace

std::string man_page(const CommandSpec& program, const std::string& version) {
  std::string out = ".TH MERCTL 1 \"\" \"" + version + "\" \"mer\"\n.SH NAME\n" + roff(program.name) + " \\- " +
                    roff(program.help) + "\n.SH SYNOPSIS\n" + synopsis(program.name, program) + "\n.SH OPTIONS\n";
  for (const OptionSpec& option : program.options) out += option_entry(option);
  out += ".SH COMMANDS\n";
  for (const CommandSpec& command : program.commands) out += sections_of(program.name, command);
  return out + ".SH EXIT STATUS\n" + footer_text(program.footer);
}

}  // namespace mer::cli
