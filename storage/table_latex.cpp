// The writer of tables as LaTeX.
#include <algorithm>
#include <string_view>

#include "storage/table_cells.hpp"

namespace mer::storage {
namespace {

std::string latex_text(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\\': out += "\\textbackslash{}"; break;
      case '~': out += "\\textasciitilde{}"; break;
      case '^': out += "\\textasciicircum{}"; break;
      case '<': out += "\\textless{}"; break;
      case '>': out += "\\textgreater{}"; break;
      case '|': out += "\\textbar{}"; break;
      case '\n':
      case '\r': out += ' '; break;
      default:
        if (std::string_view("&%$#_{}").find(c) != std::string_view::npos) out += '\\';
        out += c;
    }
  }
  return out;
}

// Spaces count for nothing in mathematics.
std::string spaced(std::string math) {
  for (const char* bracket : {" (", " ["}) {
    if (const std::size_t at = math.find(bracket); at != std::string::npos) math.insert(at, "\\");
  }
  return math;
}

std::string latex_cell(const Cell& cell) {
  const Emphasis emphasis = emphasis_of(cell);
  if (!std::holds_alternative<Spread>(cell) && !std::holds_alternative<Estimate>(cell)) {
    const std::string text = latex_text(plain_text(cell, ""));
    return emphasis == Emphasis::missing ? "\\textcolor{red}{" + text + "}" : text;
  }
  const std::string math = spaced(plain_text(cell, " \\pm ")) + (is_marked(cell) ? "^{*}" : "");
  return emphasis == Emphasis::best ? "$\\mathbf{" + math + "}$" : '$' + math + '$';
}

bool has_colour(const Table& table) {
  return std::ranges::any_of(table.rows, [](const Row& row) {
    return std::ranges::any_of(row, [](const Cell& cell) { return emphasis_of(cell) == Emphasis::missing; });
  });
}

}  // namespace

std::string to_latex(const Table& table) {
  std::string out = has_colour(table) ? "% needs \\usepackage{booktabs,xcolor}\n" : "% needs \\usepackage{booktabs}\n";
  out += "\\begin{table}\n\\centering\\small\n";
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
  for (const std::string& note : table.notes) out += "\\par " + latex_text(note) + "\n";
  return out + "\\end{table}\n";
}

}  // namespace mer::storage
