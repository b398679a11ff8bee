#include "cli/output.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>

#include "cli/json_fields.hpp"
#include "core/json.hpp"
#include "storage/text_layout.hpp"

namespace mer::cli {
namespace {

bool looks_numeric(const std::string& cell) {
  return !cell.empty() && cell.find_first_not_of("0123456789.,+-%/ ±") == std::string::npos;
}

using storage::width_of;

constexpr std::size_t kScreen = 80;
constexpr std::size_t kNarrowest = 20;  // what a wrapped text gets at least
constexpr std::size_t kFactName = 15;

// `text` after `head`; its further lines begin where its first one does.
std::string hanging_text(std::string head, const std::string& text) {
  head = storage::printable(head);
  const std::size_t indent = width_of(head);
  std::string lines;
  for (const std::string& part : storage::wrapped(text, std::max(kScreen, indent + kNarrowest) - indent)) {
    const std::string line = head + part;
    lines += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
    head.assign(indent, ' ');
  }
  return lines;
}

// Not all that people write is UTF-8.
std::string text_of(const nlohmann::json& document) {
  return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

ExitCode report(const Context& context, const Error& error) {
  const ExitCode code = exit_code_of(error.code);
  if (context.format == Format::json) {
    const nlohmann::json document = {{"schema", 1},
                                     {"error", {{"code", name_of(error.code)}, {"message", error.message}}}};
    std::printf("%s\n", text_of(document).c_str());
  } else {
    std::fprintf(stderr, "merctl: error: %s\n", storage::printable(error.message).c_str());
  }
  return code;
}

Result<std::string> json_text(const Context& context, const Result<std::string>& text) {
  if (!text) return text.error();
  if (context.fields.empty()) return *text + "\n";
  MER_ASSIGN(const std::string chosen, with_fields(*text, context.fields));
  return chosen + "\n";
}

Status print_json(const Context& context, const Result<std::string>& text) {
  MER_ASSIGN(const std::string printed, json_text(context, text));
  std::fputs(printed.c_str(), stdout);
  return {};
}

ExitCode end_with_json(const Context& context, const Result<std::string>& text, ExitCode code) {
  const Status printed = print_json(context, text);
  return printed ? code : report(context, printed.error());
}

ExitCode end_with_document(const Context& context, const nlohmann::json& document, ExitCode code) {
  return end_with_json(context, text_of(document), code);
}

bool plain_format(const Context& context, const std::string& command) {
  if (context.format == Format::table || context.format == Format::json || context.format == Format::quiet) return true;
  (void)report(context,
               invalid("merctl " + command +
                       ": --format can be table, json or quiet here; csv, latex and md are for results and export"));
  return false;
}

std::string columns_text(const std::vector<std::vector<std::string>>& rows) {
  std::string text;
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string fill(widths[i] - width_of(row[i]), ' ');
      if (looks_numeric(row[i])) line += fill;
      if (i + 1 == row.size()) {
        text += hanging_text(line, row[i]);
      } else {
        line += row[i] + (looks_numeric(row[i]) ? "" : fill) + "  ";
      }
    }
  }
  return text;
}

void print_columns(const std::vector<std::vector<std::string>>& rows) {
  std::fputs(columns_text(rows).c_str(), stdout);
}

void print_fact(const std::string& name, const std::string& text) {
  const std::string fill(kFactName - std::min(kFactName - 1, width_of(name)), ' ');
  std::fputs(hanging_text(name + fill, text).c_str(), stdout);
}

std::string percent(double fraction) {
  if (std::isnan(fraction)) return "NaN";
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f", fraction * 100);
  return text.data();
}

std::string time_text(double unix_seconds) {
  const auto whole = std::time_t(unix_seconds);
  std::tm parts{};
  ::localtime_r(&whole, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M", &parts);
  return text.data();
}

}  // namespace mer::cli
