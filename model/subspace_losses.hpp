// Eq 5-8 of a batch, over modalities and unordered pairs of them, in the phases of model/losses.hpp.
//
// Threads: one thread. Errors: none.
#pragma once

#include <vector>

#include "model/difference.hpp"
#include "model/losses.hpp"
#include "model/stacked_model.hpp"

namespace mer::model {

class SubspaceLosses {
 public:
  SubspaceLosses(const Representations& outputs, const RowSelection& scored, const ModelSettings& settings);

  std::vector<at::Tensor> sums() const;             // before centre()
  void centre(const at::Tensor& counts);            // about the columns' means
  std::vector<at::Tensor> sums_of_centred() const;  // before finish()
  void finish(const at::Tensor& counts, Gang* gang, Losses& losses);

 private:
  bool normalised() const { return settings_.difference == DifferenceForm::normalised; }

  const ModelSettings& settings_;
  LayoutPtr layout_;
  std::vector<at::Tensor> public_, unique_;  // scored rows, by modality
  std::vector<SquaredError> reconstruction_, cycle_;
  std::vector<ColumnMoments> public_moments_, unique_means_;
  std::vector<UnitRows> unit_;     // public ones, then unique ones
  std::vector<Overlap> overlaps_;  // of each modality: unique with public, then unique with each earlier unique
};

}  // namespace mer::model
