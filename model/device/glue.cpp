#include <ATen/ATen.h>
#include <ATen/core/LegacyTypeDispatch.h>

#include "model/device/ops.hpp"
#include "model/node.hpp"

namespace mer::model::on_gpu {
namespace {

using List = std::vector<at::Tensor>;

at::Tensor dropped(const at::Tensor& from, std::uint32_t layer, const LayoutPtr& layout) {
  const at::Tensor to = at::empty_like(from);
  queue(from, [&]<class T>(grid::Runtime& runtime, const grid::Operations<T>& table, T) {
    table.dropout(runtime, {layout->device->layout, grid::Index(from.size(1)), layer, layout->device->numbers,
                            const_rows<T>(from), rows<T>(to)});
  });
  return to;
}

}  // namespace

at::Tensor positions(const at::Tensor& like, const LayoutPtr& layout) {
  const at::Tensor to = at::empty(like.sizes(), like.options());
  queue(like, [&]<class T>(grid::Runtime& runtime, const grid::Operations<T>& table, T) {
    table.positions(runtime, {layout->device->layout, grid::Index(like.size(1)), rows<T>(to)});
  });
  return to;
}

// The backward pass draws the same numbers again: no mask is kept.
at::Tensor dropout(const at::Tensor& x, std::uint32_t layer, const LayoutPtr& layout) {
  if (!layout->device->drops) return x;
  const at::AutoDispatchBelowADInplaceOrView below;
  return record(dropped(x.detach().contiguous(), layer, layout), {x},
                [layer, layout](const at::Tensor& gradient) { return List{dropped(gradient, layer, layout)}; });
}

at::Tensor concatenate(const std::vector<at::Tensor>& parts) {
  const at::AutoDispatchBelowADInplaceOrView below;
  std::int64_t width = 0;
  std::vector<std::int64_t> widths;
  for (const at::Tensor& part : parts) width += widths.emplace_back(part.size(1));
  const at::Tensor all = empty_rows(parts.front(), width);
  const auto copy = [](const at::Tensor& from, std::int64_t from_column, const at::Tensor& to, std::int64_t to_column,
                       std::int64_t columns) {
    queue(from, [&]<class T>(grid::Runtime& runtime, const grid::Operations<T>& table, T) {
      table.copy_columns(runtime, {grid::Index(from.size(0)), grid::Index(columns), const_rows<T>(from, from_column),
                                   rows<T>(to, to_column)});
    });
  };
  std::int64_t column = 0;
  for (const at::Tensor& part : parts) {
    copy(part.detach().contiguous(), 0, all, column, part.size(1));
    column += part.size(1);
  }
  return record(all, parts, [widths, copy](const at::Tensor& gradient) {
    List to;
    std::int64_t begin = 0;
    for (const std::int64_t columns : widths) {
      to.push_back(empty_rows(gradient, columns));
      copy(gradient, begin, to.back(), 0, columns);
      begin += columns;
    }
    return to;
  });
}

}  // namespace mer::model::on_gpu
