#include "model/device/feature_table.hpp"

#include <ATen/ATen.h>
#include <algorithm>

#include "core/check.hpp"
#include "model/device/ops.hpp"

namespace mer::model {
namespace {

at::Tensor rows_of_two(const Affine& affine) {
  const auto columns = std::int64_t(affine.mean.size());
  const at::Tensor both = at::empty({2, columns}, at::kDouble);
  std::copy(affine.mean.begin(), affine.mean.end(), both.mutable_data_ptr<double>());
  std::copy(affine.factor.begin(), affine.factor.end(), both.mutable_data_ptr<double>() + columns);
  return both;
}

}  // namespace

FeatureTable::FeatureTable(const std::vector<at::Tensor>& features) {
  for (const at::Tensor& matrix : features) {
    MER_CHECK(matrix.scalar_type() == at::kFloat && matrix.dim() == 2, "a table has a float32 matrix per modality");
    features_.push_back(at::empty(matrix.sizes(), matrix.options().device(device())));
  }
  copy_all(features, features_);
}

const double* FeatureTable::place_of(std::size_t modality, const AffinePtr& standardise) {
  if (standardise == nullptr) return nullptr;
  MER_CHECK(std::int64_t(standardise->mean.size()) == features_[modality].size(1), "a mean for each column");
  at::Tensor& there = standardise_[standardise];
  if (!there.defined()) there = rows_of_two(*standardise).to(device());
  return there.const_data_ptr<double>();
}

at::Tensor FeatureTable::gather(std::size_t modality, at::ScalarType type, const grid::Layout& layout,
                                const std::int32_t* rows, const double* const* standardise) const {
  const at::Tensor& table = features_[modality];
  const at::Tensor to =
      at::empty({std::int64_t(layout.all_rows()), table.size(1)}, at::TensorOptions(type).device(device()));
  on_gpu::queue(to, [&]<class T>(grid::Runtime& runtime, const grid::Operations<T>& operations, T) {
    operations.gather_features(runtime, {layout, grid::Index(table.size(1)), table.const_data_ptr<float>(), rows,
                                         standardise, on_gpu::rows<T>(to)});
  });
  return to;
}

}  // namespace mer::model
