#include "model/ops.hpp"

#include <ATen/ATen.h>
#include <cmath>
#include <cstdint>

#include "core/philox.hpp"

namespace mer::model {

namespace {

// 1 / (1 - rate) where kept, else 0.
template <class Scalar>
void fill_mask(Scalar* mask, std::int64_t width, std::uint32_t layer, const SlotRows& rows,
               const SlotSettings& settings) {
  const auto key = philox_key(settings.seed, RandomPurpose::dropout);
  const auto kept = Scalar(1.0 / (1.0 - settings.dropout));
  const std::int64_t blocks = (width + 3) / 4;
  for (std::size_t dialogue = 0; dialogue + 1 < rows.dialogues.size(); ++dialogue) {
    const std::int64_t turns = rows.dialogues[dialogue + 1] - rows.dialogues[dialogue];
    for (std::int64_t turn = 0; turn < turns; ++turn, mask += width) {
      for (std::int64_t block = 0; block < blocks; ++block) {
        const PhiloxBlock words = philox4x32(
            {layer, std::uint32_t(settings.step), std::uint32_t(dialogue), std::uint32_t(turn * blocks + block)}, key);
        for (std::int64_t i = 0; i < std::min(std::int64_t{4}, width - 4 * block); ++i) {
          mask[4 * block + i] = double(uniform_float(words[std::size_t(i)])) >= settings.dropout ? kept : Scalar(0);
        }
      }
    }
  }
}

at::Tensor dropout_mask(const at::Tensor& like, std::uint32_t layer, const SlotRows& rows,
                        const SlotSettings& settings) {
  at::Tensor mask = at::empty(like.sizes(), like.scalar_type());
  if (like.scalar_type() == at::kDouble) {
    fill_mask(mask.mutable_data_ptr<double>(), like.size(1), layer, rows, settings);
  } else {
    fill_mask(mask.mutable_data_ptr<float>(), like.size(1), layer, rows, settings);
  }
  return mask;
}

bool aligned(const at::Tensor& tensor) {
  return tensor.is_contiguous() && reinterpret_cast<std::uintptr_t>(tensor.const_data_ptr()) % 64 == 0;
}

}  // namespace

Linear::Linear(Parameters& parameters, const std::string& name, int inputs, int outputs)
    : weight(parameters.add(name + ".weight", {outputs, inputs}, 1 / std::sqrt(double(inputs)))),
      bias(parameters.add(name + ".bias", {outputs}, 1 / std::sqrt(double(inputs)))) {}

PerSlot Linear::operator()(const PerSlot& x) const {
  return map([](const auto& rows, const auto& w, const auto& b) { return at::linear(rows, w, b); }, x, weight, bias);
}

PerSlot add(const PerSlot& a, const PerSlot& b) {
  return map([](const auto& left, const auto& right) { return left + right; }, a, b);
}

PerSlot concatenate(const std::vector<PerSlot>& parts) {
  PerSlot result(parts.front().size());
  for (std::size_t slot = 0; slot < result.size(); ++slot) {
    if (!parts.front()[slot].defined()) continue;
    std::vector<at::Tensor> tensors;
    for (const PerSlot& part : parts) tensors.push_back(part[slot]);
    result[slot] = at::cat(tensors, 1);
  }
  return result;
}

PerSlot dropout(const PerSlot& x, std::uint32_t layer, const std::vector<SlotRows>& rows,
                const std::vector<SlotSettings>& settings) {
  PerSlot result = x;
  for (std::size_t slot = 0; slot < x.size(); ++slot) {
    if (!x[slot].defined() || settings[slot].dropout == 0) continue;
    result[slot] = x[slot] * dropout_mask(x[slot], layer, rows[slot], settings[slot]);
  }
  return result;
}

PerSlot split_by_slot(const at::Tensor& stacked, const Layout& layout) {
  PerSlot parts(std::size_t(layout.slots()));
  for (int slot = 0; slot < layout.slots(); ++slot) {
    const std::int64_t begin = layout.slot_begin(slot);
    const std::int64_t count = layout.slot_end(slot) - begin;
    if (count == 0) continue;
    const at::Tensor part = stacked.narrow(0, begin, count);
    parts[std::size_t(slot)] = aligned(part) ? part : part.clone(at::MemoryFormat::Contiguous);
  }
  return parts;
}

at::Tensor stack_rows(const PerSlot& parts) {
  std::vector<at::Tensor> values;
  for (const at::Tensor& part : parts) {
    if (part.defined()) values.push_back(part.detach());
  }
  if (values.empty()) return {};
  return values.size() == 1 ? values.front() : at::cat(values, 0);
}

}  // namespace mer::model
