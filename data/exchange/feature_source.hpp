// The feature matrix in a file of another tool: .npy, .npz, .csv or .safetensors. Formats: docs/corpora.md.
//
// Threads: pure apart from the file. Errors: not_found; invalid or corrupt, naming file, row and value.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "data/exchange/float_matrix.hpp"

namespace mer::data {

struct FeatureSource {
  FloatMatrix matrix;                                // not necessarily finite
  std::optional<std::vector<std::string>> ids = {};  // of the rows' utterances, where the file has them
  std::string sha256;                                // of the file
};

// Of an .npz the array called as the modality, else "features", else the only one beside "utterances".
Result<FeatureSource> read_feature_source(const std::string& path, const std::string& modality);

// Ids alone: an .npy file of strings, or a text with one a line.
Result<std::vector<std::string>> read_ids(const std::string& path);

}  // namespace mer::data
