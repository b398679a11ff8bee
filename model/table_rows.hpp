// TableRows: a batch's features as rows of a table that lies on the device (model/device/feature_table.hpp).
//
// Threads: plain values. Errors: none.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace mer::model {

// x -> (x - mean) * factor per column, in double.
struct Affine {
  std::vector<double> mean, factor;
};
using AffinePtr = std::shared_ptr<const Affine>;  // nullptr: x as it is

struct TableRows {
  std::vector<std::int32_t> rows;                   // [layout rows]; those of nobody are not read
  std::vector<std::vector<AffinePtr>> standardise;  // by modality, by slot
};

}  // namespace mer::model
