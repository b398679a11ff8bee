// Cells and whole tables as texts: what the writers of tables share.
//
// Threads: pure functions. Errors: none.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "storage/tables.hpp"

namespace mer::storage {

using Row = std::vector<Cell>;

// Nothing, where there is none.
Cell fraction_cell(const std::optional<double>& value);
Cell number_cell(const std::optional<double>& value);

// With so many digits after the point; "nan" and "inf" as they are.
std::string fixed_text(double value, int digits);

// "+0.032"; 0 has no sign.
std::string signed_text(double value, int digits);

// A p-value as "0.0313" or "<0.0001", with a * where it is under 0.05.
std::string p_text(double p);
Cell p_cell(const std::optional<double>& p);

// A number and its interval, as spread_text().
std::string estimate_text(const Estimate& estimate, bool percent);

// A mean and its sd or half width, and the difference from a published one: 3 digits as a fraction, 1 digit as percent.
std::string spread_text(const Spread& spread, const char* between, bool percent);

// A cell as every file format but JSON has it: fractions, numbers in full. `between` a mean and its sd.
std::string plain_text(const Cell& cell, const char* between);

enum class Emphasis { none, best, missing };
Emphasis emphasis_of(const Cell& cell);
bool is_marked(const Cell& cell);

// A column of words is set to the left, one of numbers to the right.
bool is_left(const Table& table, std::size_t column);

// What TableFormat::latex and TableFormat::text are.
std::string to_latex(const Table& table);
std::string to_screen_text(const Table& table, TextStyle style);

}  // namespace mer::storage
