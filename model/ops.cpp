#include "model/ops.hpp"

#include <ATen/ATen.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <algorithm>
#include <cstring>

#include "core/philox.hpp"
#include "model/device/ops.hpp"
#include "model/node.hpp"

namespace mer::model {
namespace {

template <class T>
void fill_masks(const at::Tensor& masks, std::uint32_t layer, const Layout& layout,
                const std::vector<SlotSettings>& settings) {
  const std::int64_t width = masks.size(1);
  for (std::size_t slot = 0; slot < layout.slots.size(); ++slot) {
    const SlotRows& part = layout.slots[slot];
    const Matrix<T> mask = matrix<T>(masks, part.begin);
    if (settings[slot].dropout == 0) {
      std::fill_n(mask.data, part.rows() * width, T(1));
      continue;
    }
    kernels::kernels<T>().dropout_mask({part.dialogues, std::uint32_t(part.first_dialogue), width,
                                        philox_key(settings[slot].seed, RandomPurpose::dropout), layer,
                                        std::uint32_t(settings[slot].step), settings[slot].dropout, mask});
  }
}

// to[i] = from[sources[i]].
void gather(const at::Tensor& from, const std::vector<std::int64_t>& sources, const at::Tensor& to) {
  const auto bytes = std::size_t(from.stride(0)) * from.element_size();
  const auto* const source = static_cast<const std::byte*>(from.const_data_ptr());
  auto* const target = static_cast<std::byte*>(to.mutable_data_ptr());
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (sources[i] >= 0) std::memcpy(target + i * bytes, source + std::size_t(sources[i]) * bytes, bytes);
  }
}

// to[sources[i]] = from[i]; other rows 0.
void scatter(const at::Tensor& from, const std::vector<std::int64_t>& sources, const at::Tensor& to) {
  const auto bytes = std::size_t(from.stride(0)) * from.element_size();
  const auto* const source = static_cast<const std::byte*>(from.const_data_ptr());
  auto* const target = static_cast<std::byte*>(to.mutable_data_ptr());
  std::memset(target, 0, to.nbytes());
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (sources[i] >= 0) std::memcpy(target + std::size_t(sources[i]) * bytes, source + i * bytes, bytes);
  }
}

at::Tensor empty_like_rows(const at::Tensor& x, std::int64_t rows) {
  std::vector<std::int64_t> sizes = x.sizes().vec();
  sizes[0] = rows;
  return at::empty(sizes, x.scalar_type());
}

}  // namespace

at::Tensor dropout(const at::Tensor& x, std::uint32_t layer, const LayoutPtr& layout,
                   const std::vector<SlotSettings>& settings) {
  if (layout->device) return on_gpu::dropout(x, layer, layout);
  if (std::all_of(settings.begin(), settings.end(), [](const SlotSettings& slot) { return slot.dropout == 0; })) {
    return x;
  }
  const at::Tensor masks = at::empty(x.sizes(), x.scalar_type());
  with_type(x.scalar_type(), [&]<class T>(T) { fill_masks<T>(masks, layer, *layout, settings); });
  return x * masks;
}

namespace {

// The layout's row of each packed row.
at::Tensor places_of(const Layout& layout) {
  std::vector<std::int64_t> places;
  for (const SlotRows& part : layout.slots) {
    for (std::int64_t row = 0; row < part.rows(); ++row) places.push_back(part.begin + row);
  }
  return at::tensor(places, at::kLong);
}

}  // namespace

at::Tensor pack_rows(const at::Tensor& x, const Layout& layout) {
  return x.index_select(0, places_of(layout));
}

at::Tensor spread_rows(const at::Tensor& packed, const Layout& layout) {
  return at::zeros_like(empty_like_rows(packed, layout.rows())).index_copy_(0, places_of(layout), packed);
}

RowSelection::RowSelection(const LayoutPtr& layout, const std::vector<std::uint8_t>& flags) : selected_(layout) {
  const auto selects = [&](const SlotRows& part) {
    return std::count(flags.begin() + part.begin, flags.begin() + part.begin + part.rows(), 1);
  };
  const auto whole = [&](const SlotRows& part) { return selects(part) == part.rows(); };
  if (flags.empty() || std::all_of(layout->slots.begin(), layout->slots.end(), whole)) return;
  auto selected = std::make_shared<Layout>();
  for (const SlotRows& part : layout->slots) {
    const std::vector<std::int64_t> length(selects(part) > 0 ? 1 : 0, selects(part));
    selected->add_slot(length);
    sources_.resize(std::size_t(selected->slots.back().begin), -1);
    for (std::int64_t row = part.begin; row < part.begin + part.rows(); ++row) {
      if (flags[std::size_t(row)] != 0) sources_.push_back(row);
    }
  }
  sources_.resize(std::size_t(selected->rows()), -1);
  selected_ = std::move(selected);
}

at::Tensor RowSelection::operator()(const at::Tensor& x) const {
  if (sources_.empty()) return x;
  at::Tensor rows;
  {
    const at::AutoDispatchBelowADInplaceOrView below;
    rows = empty_like_rows(x, std::int64_t(sources_.size()));
    gather(x.contiguous(), sources_, rows);
  }
  return record(rows, {x}, [sources = sources_, count = x.size(0)](const at::Tensor& gradient) {
    const at::Tensor spread = empty_like_rows(gradient, count);
    scatter(gradient, sources, spread);
    return std::vector<at::Tensor>{spread};
  });
}

}  // namespace mer::model
