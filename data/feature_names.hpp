// The names of a feature file's columns, where the method that computed them has names.
//
// Threads: pure apart from the file. Errors: those of a safetensors file.
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"

namespace mer::data {

constexpr const char* kNamesMetadata = "names";  // in the file's metadata: a line for each column

// Empty: the file names none.
Result<std::vector<std::string>> feature_names(const std::string& path);

}  // namespace mer::data
