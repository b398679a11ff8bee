#include "tests/device/random_batch.hpp"

#include <ATen/ATen.h>
#include <algorithm>

namespace mer::model {

int draw(Random& random, int low, int high) {
  return std::uniform_int_distribution<int>(low, high)(random);
}

Batch random_batch(Random& random, const Shape& shape, const std::vector<int>& dialogues, bool selects) {
  Batch batch;
  auto layout = std::make_shared<Layout>();
  for (const int count : dialogues) {
    std::vector<std::int64_t> lengths;
    for (int i = 0; i < count; ++i) lengths.push_back(draw(random, 1, 9));
    layout->add_slot(lengths);
  }
  const std::int64_t rows = layout->rows();
  std::normal_distribution<double> normal;
  for (const int dim : shape.feature_dims) {
    at::Tensor features = at::empty({rows, dim}, at::kDouble);
    std::generate_n(features.mutable_data_ptr<double>(), features.numel(), [&] { return normal(random); });
    batch.features.push_back(features.to(scalar_type_of(shape.dtype)));
  }
  batch.labels = at::empty({rows}, at::kLong);
  for (std::int64_t row = 0; row < rows; ++row) batch.labels[row] = draw(random, 0, shape.classes - 1);
  if (selects) {
    for (std::int64_t row = 0; row < rows; ++row) batch.scored.push_back(std::uint8_t(draw(random, 0, 3) > 0));
    for (const SlotRows& part : layout->slots) {
      if (part.rows() > 0) batch.scored[std::size_t(part.begin)] = 1;
    }
  }
  batch.layout = std::move(layout);
  return batch;
}

}  // namespace mer::model
