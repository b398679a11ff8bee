// The writer of tables for a screen.
#include <algorithm>
#include <cstdio>
#include <utility>

#include "storage/table_cells.hpp"
#include "storage/text_layout.hpp"

namespace mer::storage {
namespace {

std::string screen_text(const Cell& cell) {
  if (const auto* fraction = std::get_if<Fraction>(&cell)) return fixed_text(fraction->value * 100, 1);
  if (const auto* spread = std::get_if<Spread>(&cell))
    return spread_text(*spread, " ± ", true) + (spread->marked ? "*" : "");
  if (const auto* estimate = std::get_if<Estimate>(&cell))
    return estimate_text(*estimate, true) + (estimate->marked ? "*" : "");
  if (const auto* value = std::get_if<double>(&cell)) {
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%.4g", *value);
    return buffer;
  }
  return std::holds_alternative<std::monostate>(cell) ? "-" : printable(plain_text(cell, ""));
}

std::string padded(const std::string& text, std::size_t width, bool left) {
  const std::string space(width > width_of(text) ? width - width_of(text) : 0, ' ');
  return left ? text + space : space + text;
}

// Lines of the first column. A word that is longer than it is broken after a comma, an equals sign or a stroke.
std::vector<std::string> cell_lines(const std::string& text, std::size_t width) {
  std::vector<std::string> lines;
  for (std::string line : wrapped(text, width)) {
    while (width_of(line) > width) {
      const std::size_t at = line.find_last_of(",=/", width - 1);
      if (at == std::string::npos || at == 0) break;
      lines.push_back(line.substr(0, at + 1));
      line.erase(0, at + 1);
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

class TextWriter {
 public:
  TextWriter(const Table& table, TextStyle style)
      : table_(table), columns_(std::size_t(std::max(style.columns, 1))), colour_(style.colour) {
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
    const std::vector<std::string> first = cell_lines(screen_text(row[0]), widths_[0]);
    std::string line = padded(first[0], widths_[0], true);
    for (std::size_t i = 1; i < row.size(); ++i) {
      line += "  " + coloured(padded(screen_text(row[i]), widths_[i], left_[i]), emphasis_of(row[i]));
    }
    add_line(std::move(line));
    for (std::size_t i = 1; i < first.size(); ++i) add_line("  " + first[i]);
  }

  std::string coloured(const std::string& text, Emphasis emphasis) const {
    if (!colour_ || emphasis == Emphasis::none) return text;
    return (emphasis == Emphasis::best ? "\x1b[1m" : "\x1b[31m") + text + "\x1b[0m";
  }

  void add_rule() { out_ += std::string(std::min(total_width(), columns_), '-') + '\n'; }

  void add_line(std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    out_ += line + '\n';
  }

  const Table& table_;
  std::size_t columns_;
  bool colour_;
  std::vector<std::size_t> widths_;
  std::vector<bool> left_;
  std::string out_;
};

}  // namespace

std::string to_screen_text(const Table& table, TextStyle style) {
  return TextWriter(table, style).write();
}

}  // namespace mer::storage
