#include "storage/table_cells.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "storage/codec.hpp"

namespace mer::storage {
namespace {

template <class... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};
template <class... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

}  // namespace

Cell fraction_cell(const std::optional<double>& value) {
  return value ? Cell(Fraction{*value}) : Cell();
}

Cell number_cell(const std::optional<double>& value) {
  return value ? Cell(*value) : Cell();
}

std::string fixed_text(double value, int digits) {
  if (!std::isfinite(value)) return double_text(value);
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed, digits);
  return end.ec == std::errc() ? std::string(buffer, end.ptr) : double_text(value);
}

std::string signed_text(double value, int digits) {
  std::string text = fixed_text(value, digits);
  const bool zero = text.find_first_not_of("-0.") == std::string::npos;
  if (zero && text.front() == '-') text.erase(0, 1);
  return zero || text.front() == '-' ? text : '+' + text;
}

std::string p_text(double p) {
  return p < 1e-4 ? "<0.0001" : fixed_text(p, 4);
}

Cell p_cell(const std::optional<double>& p) {
  return p ? Cell(p_text(*p) + (*p < kTestLevel ? "*" : "")) : Cell();
}

std::string estimate_text(const Estimate& estimate, bool percent) {
  const auto one = [&](double value) {
    const double shown = percent ? 100 * value : value;
    return estimate.difference ? signed_text(shown, percent ? 1 : 3) : fixed_text(shown, percent ? 1 : 3);
  };
  return one(estimate.value) + " [" + one(estimate.low) + ", " + one(estimate.high) + ']';
}

std::string spread_text(const Spread& spread, const char* between, bool percent) {
  const double scale = percent ? 100 : 1;
  const int digits = percent ? 1 : 3;
  if (!spread.mean) return "";
  std::string text = fixed_text(*spread.mean * scale, digits);
  const std::optional<double>& beside = spread.half_width ? spread.half_width : spread.sd;
  if (beside) text += between + fixed_text(*beside * scale, digits);
  if (spread.difference) text += " (" + signed_text(*spread.difference * scale, digits) + ')';
  return text;
}

std::string plain_text(const Cell& cell, const char* between) {
  return std::visit(
      Overloaded{[](std::monostate) { return std::string(); },  //
                 [](const std::string& text) { return text; }, [](std::int64_t count) { return std::to_string(count); },
                 [](double value) { return double_text(value); },
                 [](const Fraction& fraction) { return double_text(fraction.value); },
                 [&](const Spread& spread) { return spread_text(spread, between, false); },
                 [](const Estimate& estimate) { return estimate_text(estimate, false); },
                 [](const Share& share) { return std::to_string(share.n) + '/' + std::to_string(share.expected); }},
      cell);
}

Emphasis emphasis_of(const Cell& cell) {
  if (const auto* spread = std::get_if<Spread>(&cell)) return spread->best ? Emphasis::best : Emphasis::none;
  if (const auto* share = std::get_if<Share>(&cell)) return share->whole() ? Emphasis::none : Emphasis::missing;
  return Emphasis::none;
}

bool is_marked(const Cell& cell) {
  if (const auto* const estimate = std::get_if<Estimate>(&cell)) return estimate->marked;
  const auto* const spread = std::get_if<Spread>(&cell);
  return spread != nullptr && spread->marked;
}

bool is_left(const Table& table, std::size_t column) {
  return std::any_of(table.rows.begin(), table.rows.end(),
                     [&](const Row& row) { return std::holds_alternative<std::string>(row[column]); });
}

}  // namespace mer::storage
