// The writers of tables: text, CSV, Markdown, LaTeX.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <string_view>

#include "storage/codec.hpp"
#include "storage/table_json.hpp"
#include "storage/tables.hpp"
#include "storage/text_layout.hpp"

namespace mer::storage {
namespace {

using Row = std::vector<Cell>;

template <class... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};
template <class... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

std::string fixed(double value, int digits) {
  if (!std::isfinite(value)) return double_text(value);
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed, digits);
  return end.ec == std::errc() ? std::string(buffer, end.ptr) : double_text(value);
}

// The parts of a mean and its sd: 3 digits as a fraction, 1 digit as percent.
std::string spread_text(const Spread& spread, const char* between, bool percent) {
  const auto one = [&](double value) { return percent ? fixed(value * 100, 1) : fixed(value, 3); };
  if (!spread.mean) return "";
  return spread.sd ? one(*spread.mean) + between + one(*spread.sd) : one(*spread.mean);
}

// A cell as every file format but JSON has it: fractions, numbers in full.
std::string plain_text(const Cell& cell, const char* between) {
  return std::visit(
      Overloaded{[](std::monostate) { return std::string(); },  //
                 [](const std::string& text) { return text; }, [](std::int64_t count) { return std::to_string(count); },
                 [](double value) { return double_text(value); },
                 [](const Fraction& fraction) { return double_text(fraction.value); },
                 [&](const Spread& spread) { return spread_text(spread, between, false); }},
      cell);
}

std::string screen_text(const Cell& cell) {
  if (const auto* fraction = std::get_if<Fraction>(&cell)) return fixed(fraction->value * 100, 1);
  if (const auto* spread = std::get_if<Spread>(&cell)) return spread_text(*spread, " ± ", true);
  if (const auto* value = std::get_if<double>(&cell)) {
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%.4g", *value);
    return buffer;
  }
  return std::holds_alternative<std::monostate>(cell) ? "-" : plain_text(cell, "");
}

bool is_number(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool is_text(const Cell& cell) {
  return std::holds_alternative<std::string>(cell);
}

// A column of words is set to the left, one of numbers to the right.
bool is_left(const Table& table, std::size_t column) {
  return std::any_of(table.rows.begin(), table.rows.end(), [&](const Row& row) { return is_text(row[column]); });
}

// --- CSV ---

std::string csv_cell(const Cell& cell) {
  std::string text = plain_text(cell, " ± ");
  const bool formula = !text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos;
  if (is_text(cell) && formula && !is_number(text)) text.insert(text.begin(), '\'');
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
      const std::string text = markdown_text(plain_text(cell, " ± "));
      out += ' ' + (text.empty() ? text : mark + text + mark) + " |";
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

// --- LaTeX ---

std::string latex_text(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\\': out += "\\textbackslash{}"; break;
      case '~': out += "\\textasciitilde{}"; break;
      case '^': out += "\\textasciicircum{}"; break;
      case '\n':
      case '\r': out += ' '; break;
      default:
        if (std::string_view("&%$#_{}").find(c) != std::string_view::npos) out += '\\';
        out += c;
    }
  }
  return out;
}

std::string latex_cell(const Cell& cell) {
  if (!std::holds_alternative<Spread>(cell)) return latex_text(plain_text(cell, ""));
  return '$' + plain_text(cell, " \\pm ") + '$';
}

std::string to_latex(const Table& table) {
  std::string out = "% needs \\usepackage{booktabs}\n\\begin{table}\n";
  if (!table.caption.empty()) out += "\\caption{" + latex_text(table.caption) + "}\n";
  out += "\\begin{tabular}{";
  for (std::size_t i = 0; i < table.columns.size(); ++i) out += is_left(table, i) ? 'l' : 'r';
  out += "}\n\\toprule\n";
  const auto add = [&](const Row& row) {
    for (std::size_t i = 0; i < row.size(); ++i) out += (i > 0 ? " & " : "") + latex_cell(row[i]);
    out += " \\\\\n";
  };
  add(Row(table.columns.begin(), table.columns.end()));
  out += "\\midrule\n";
  for (const Row& row : table.rows) add(row);
  if (!table.published.empty()) out += "\\midrule\n";
  for (const Row& row : table.published) add(row);
  out += "\\bottomrule\n\\end{tabular}\n";
  for (const std::string& note : table.notes) out += "\\par\\small " + latex_text(note) + "\n";
  return out + "\\end{table}\n";
}

// --- text for a screen ---

std::string padded(const std::string& text, std::size_t width, bool left) {
  const std::string space(width > width_of(text) ? width - width_of(text) : 0, ' ');
  return left ? text + space : space + text;
}

class TextWriter {
 public:
  TextWriter(const Table& table, std::size_t columns) : table_(table), columns_(columns) {
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      std::size_t width = width_of(table.columns[i]);
      for (const auto* rows : {&table.rows, &table.published}) {
        for (const Row& row : *rows) width = std::max(width, width_of(screen_text(row[i])));
      }
      widths_.push_back(width);
      left_.push_back(i == 0 || is_left(table, i));
    }
    fit_first_column();
  }

  std::string write() {
    if (!table_.caption.empty()) {
      for (const std::string& line : wrapped(table_.caption, columns_)) out_ += line + '\n';
      out_ += '\n';
    }
    add_row(Row(table_.columns.begin(), table_.columns.end()));
    add_rule();
    for (const Row& row : table_.rows) add_row(row);
    if (!table_.published.empty()) {
      add_rule();
      out_ += "published\n";
    }
    for (const Row& row : table_.published) add_row(row);
    if (!table_.notes.empty()) out_ += '\n';
    for (const std::string& note : table_.notes) {
      for (const std::string& line : wrapped(note, columns_)) out_ += line + '\n';
    }
    return std::move(out_);
  }

 private:
  static constexpr std::size_t kNarrowest = 12;

  std::size_t total_width() const {
    std::size_t total = widths_.empty() ? 0 : 2 * (widths_.size() - 1);
    for (const std::size_t width : widths_) total += width;
    return total;
  }

  void fit_first_column() {
    const std::size_t total = total_width();
    if (widths_.empty() || total <= columns_) return;
    const std::size_t excess = total - columns_;
    if (widths_[0] > kNarrowest) widths_[0] = widths_[0] > excess + kNarrowest ? widths_[0] - excess : kNarrowest;
  }

  void add_row(const Row& row) {
    if (row.empty()) return;
    const std::vector<std::string> first = wrapped(screen_text(row[0]), widths_[0]);
    std::string line = padded(first[0], widths_[0], true);
    for (std::size_t i = 1; i < row.size(); ++i) line += "  " + padded(screen_text(row[i]), widths_[i], left_[i]);
    add_line(std::move(line));
    for (std::size_t i = 1; i < first.size(); ++i) add_line("  " + first[i]);
  }

  void add_rule() { out_ += std::string(std::min(total_width(), columns_), '-') + '\n'; }

  void add_line(std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    out_ += line + '\n';
  }

  const Table& table_;
  std::size_t columns_;
  std::vector<std::size_t> widths_;
  std::vector<bool> left_;
  std::string out_;
};

}  // namespace

std::string format_table(const Table& table, TableFormat format, int columns) {
  switch (format) {
    case TableFormat::text: return TextWriter(table, static_cast<std::size_t>(std::max(columns, 1))).write();
    case TableFormat::csv: return to_csv(table);
    case TableFormat::markdown: return to_markdown(table);
    case TableFormat::latex: return to_latex(table);
    case TableFormat::json: return to_json_text(table);
  }
  return "";
}

}  // namespace mer::storage
