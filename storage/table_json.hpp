// JSON in tables: settings that the store keeps as JSON texts, as cells and words, and a whole table as JSON.
//
// Threads: pure functions. Errors: none; a text that cannot be read shows as it is, or not at all.
#pragma once

#include <string>

#include "storage/tables.hpp"

namespace mer::storage {

// Numbers stay numbers, strings lose their quotes.
Cell cell_of_json(const std::string& text);
std::string text_of_json(const std::string& text);

// The fold settings of a configuration (codec.hpp: settings_to_json) in words; empty: there are none.
std::string folds_sentence(const std::string& settings_json);

// What TableFormat::json is.
std::string to_json_text(const Table& table);

}  // namespace mer::storage
