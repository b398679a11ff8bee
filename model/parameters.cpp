#include "model/parameters.hpp"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "core/check.hpp"
#include "core/philox.hpp"

namespace mer::model {

namespace {

constexpr std::int64_t kAlignment = 64;  // bytes: a cache line, and the widest vector register

std::int64_t elements_of(const std::vector<std::int64_t>& shape) {
  std::int64_t elements = 1;
  for (const std::int64_t size : shape) elements *= size;
  return elements;
}

}  // namespace

at::ScalarType scalar_type_of(Dtype dtype) {
  return dtype == Dtype::float64 ? at::kDouble : at::kFloat;
}

at::Tensor Parameter::of_slot(const at::Tensor& stacked, int slot) const {
  if (!stacked.defined()) return {};
  return stacked.detach().select(0, slot).narrow(0, 0, elements_of(shape)).view(shape);
}

at::Tensor Parameter::empty_gradient() const {
  return at::empty(values.sizes(), values.scalar_type());
}

const Parameter& Parameters::add(std::string name, std::vector<std::int64_t> shape, double bound) {
  const at::ScalarType type = scalar_type_of(dtype_);
  const std::int64_t step = kAlignment / std::int64_t(c10::elementSize(type));
  const std::int64_t stride = (elements_of(shape) + step - 1) / step * step;
  const auto options = at::TensorOptions(type).device(place_);
  const at::Tensor values = at::empty({slots_, stride}, options).set_requires_grad(true);
  return entries_.emplace_back(Parameter{std::move(name), std::move(shape), bound, values});
}

// In place: views of single slots stay valid.
void Parameters::use(int slots) {
  MER_CHECK(slots >= 1 && slots <= slots_, "more slots than there are");
  for (const Parameter& parameter : entries_) {
    parameter.values.unsafeGetTensorImpl()->set_sizes_contiguous({slots, parameter.values.size(1)});
  }
}

void Parameters::initialise(int slot, std::uint64_t seed) {
  const at::NoGradGuard no_grad;
  const auto key = philox_key(seed, RandomPurpose::initial_weights);
  for (std::size_t number = 0; number < entries_.size(); ++number) {
    const Parameter& parameter = entries_[number];
    const at::Tensor target = parameter.of_slot(parameter.values, slot);
    if (parameter.bound == 0) {
      target.zero_();
      continue;
    }
    at::Tensor values = at::empty({target.numel()}, at::kDouble);
    double* const value = values.mutable_data_ptr<double>();
    for (std::int64_t begin = 0; begin < values.numel(); begin += 4) {
      const auto block_number = std::uint64_t(begin) / 4;
      const PhiloxBlock words =
          philox4x32({std::uint32_t(number), std::uint32_t(block_number), std::uint32_t(block_number >> 32), 0}, key);
      for (std::int64_t i = begin; i < std::min(begin + 4, values.numel()); ++i) {
        value[i] = parameter.bound * (2.0 * uniform_float(words[std::size_t(i - begin)]) - 1.0);
      }
    }
    target.copy_(values.to(target.scalar_type()).view(target.sizes()));
  }
}

}  // namespace mer::model
