// The writers of tables: CSV and Markdown, and the choice among all.
#include <charconv>
#include <string_view>

#include "storage/table_cells.hpp"
#include "storage/table_json.hpp"

namespace mer::storage {
namespace {

bool is_number(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

// --- CSV ---

std::string csv_cell(const Cell& cell) {
  std::string text = plain_text(cell, " ± ");
  const bool formula = !text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos;
  if (std::holds_alternative<std::string>(cell) && formula && !is_number(text)) text.insert(text.begin(), '\'');
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

std::string to_csv(const Table& table) {
  std::string out;
  const auto add = [&](const Row& row) {
    for (std::size_t i = 0; i < row.size(); ++i) out += (i > 0 ? "," : "") + csv_cell(row[i]);
    out += "\r\n";
  };
  add(Row(table.columns.begin(), table.columns.end()));
  for (const Row& row : table.rows) add(row);
  for (const Row& row : table.published) add(row);
  return out;
}

// --- Markdown ---

std::string markdown_text(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '|' || c == '\\') out += '\\';
    out += c == '\n' || c == '\r' ? ' ' : c;
  }
  return out;
}

std::string to_markdown(const Table& table) {
  std::string out = table.caption.empty() ? "" : markdown_text(table.caption) + "\n\n";
  const auto add = [&](const Row& row, const char* mark) {
    out += "|";
    for (const Cell& cell : row) {
      const std::string text = markdown_text(plain_text(cell, " ± ")) + (is_marked(cell) ? "\\*" : "");
      const std::string around = emphasis_of(cell) == Emphasis::none ? mark : "**";
      out += ' ' + (text.empty() ? text : around + text + around) + " |";
    }
    out += '\n';
  };
  add(Row(table.columns.begin(), table.columns.end()), "");
  out += "|";
  for (std::size_t i = 0; i < table.columns.size(); ++i) out += is_left(table, i) ? "---|" : "---:|";
  out += '\n';
  for (const Row& row : table.rows) add(row, "");
  for (const Row& row : table.published) add(row, "*");
  for (const std::string& note : table.notes) out += '\n' + markdown_text(note) + '\n';
  return out;
}

}  // namespace

std::string format_table(const Table& table, TableFormat format, TextStyle style) {
  switch (format) {
    case TableFormat::text: return to_screen_text(table, style);
    case TableFormat::csv: return to_csv(table);
    case TableFormat::markdown: return to_markdown(table);
    case TableFormat::latex: return to_latex(table);
    case TableFormat::json: return to_json_text(table);
  }
  return "";
}

}  // namespace mer::storage
