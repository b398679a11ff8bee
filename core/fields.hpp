// The table of every field of the sweep file's sections. Validation, defaults and the JSON Schema for editors all read
// it, so that a field is described in one place.
//
// Threads: constants and pure functions.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace mer {

enum class FieldType {
  boolean,
  integer,
  number,
  word,        // one of `words`
  text,        // without control characters, not empty
  path,        // text that names a file or folder
  names,       // array of different names (letters, digits, - and _), `low` to `high` of them
  validation,  // one of `words`, or {"dialogues": share}
};

struct Field {
  std::string path;  // "model.alpha"
  FieldType type = FieldType::text;
  std::string fallback;            // the default as JSON text; empty: absent, or required if `required`
  double low = 0, high = 0;        // integer, number: range; names: count
  bool above_low = false;          // low itself is not allowed
  bool below_high = false;         // high itself is not allowed
  std::vector<std::string> words;  // word, validation: all; other types: also allowed beside the type's own values
  bool may_vary = false;           // can stand in grid, zip, random and list
  bool required = false;
  std::string description;

  std::string section() const { return path.substr(0, path.find('.')); }
  std::string key() const { return path.substr(path.find('.') + 1); }
};

const std::vector<Field>& fields();                          // in the order of the documentation
const Field* find_field(std::string_view path);              // nullptr: there is none
const std::vector<std::string>& sections();                  // "corpus", "folds", ...
std::vector<std::string> keys_of(std::string_view section);  // without the section's name
std::vector<std::string> varying_paths();

bool allows(const Field& field, const nlohmann::json& value);
// What is allowed, to follow "allowed: ", e.g. "an integer from 1 to 1024".
std::string allowed_text(const Field& field);

// The field's JSON Schema.
nlohmann::json schema_of(const Field& field);

}  // namespace mer
