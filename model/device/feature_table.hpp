// FeatureTable: a corpus's features on the device, as they are, and how they are standardised: steps gather their rows
// there, and the host sends row numbers.
//
// Threads: one thread. Errors: model/device/device.hpp.
#pragma once

#include <ATen/core/Tensor.h>
#include <map>
#include <vector>

#include "model/grid/layout.hpp"
#include "model/table_rows.hpp"

namespace mer::model {

class FeatureTable {
 public:
  // features: by modality, on the host, float32 [rows, columns]. They are on the device when this returns.
  explicit FeatureTable(const std::vector<at::Tensor>& features);

  // Where a modality's means and factors lie on the device, for as long as this lives; nullptr for nullptr. One that is
  // not there yet is when this returns. REQUIRES: nothing is being recorded.
  const double* place_of(std::size_t modality, const AffinePtr& standardise);

  // Queues the gathering of the layout's rows: [layout rows, columns] of `type`. On the device: rows: of the table, of
  // each row of the layout; standardise: place_of() of each slot.
  at::Tensor gather(std::size_t modality, at::ScalarType type, const grid::Layout& layout, const std::int32_t* rows,
                    const double* const* standardise) const;

 private:
  std::vector<at::Tensor> features_;
  std::map<AffinePtr, at::Tensor> standardise_;  // [2, columns]: means, factors
};

}  // namespace mer::model
