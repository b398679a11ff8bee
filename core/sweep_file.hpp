// Reading a sweep file: JSON with comments -> a resolved Sweep. Format: README.md, configs/README.md and
// configs/sweep.schema.json.
//
// Expansion: grid (cartesian), zip, random and list are groups of points; the configurations are the cartesian product
// of the groups that the file has, in this order, the last group varying fastest. Within grid the keys go in
// alphabetical order, the last varying fastest, so that the order of keys in the file does not matter. A point's value
// replaces the section's. Configurations that resolve alike count once (the first stays).
// A file with "configurations" is a resolved sweep (Sweep::resolved_json): every configuration is written out, and
// nothing is left to expand. Reading it gives the same sweep; --set changes a key in all configurations.
// Threads: pure functions but for reading the file and the current folder. Errors: invalid, with file (or the --set
// argument), JSON pointer, the value, what is allowed and the nearest word; not_found: no such file.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/sweep.hpp"

namespace mer {

constexpr std::size_t kMaxConfigurations = 100'000;

// overrides: "path=value", as in merctl's --set. The value is JSON, or else a string. Paths of files in it are relative
// to the current folder, those in the file to the file. Setting corpus.path drops corpus.synthetic, and vice versa.
Result<Sweep> load_sweep(const std::string& path, const std::vector<std::string>& overrides = {});

// file_name is for messages; base_folder is what relative paths in the text are relative to.
Result<Sweep> parse_sweep(std::string_view text, const std::string& file_name, const std::string& base_folder,
                          const std::vector<std::string>& overrides = {});

// Reads Sweep::resolved_json back: the same sweep, field by field.
Result<Sweep> sweep_from_resolved(const std::string& resolved_json);
// The same without its configurations, of which there may be 100,000.
Result<Sweep> sweep_frame_from_resolved(const std::string& resolved_json);

}  // namespace mer
