#include "model/device/loss_terms.hpp"

#include <ATen/ATen.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <utility>

#include "model/device/ops.hpp"
#include "model/node.hpp"

namespace mer::model::on_gpu {
namespace {

using grid::Part;
using List = std::vector<at::Tensor>;

const grid::Layout& grid_of(const LayoutPtr& layout) {
  return layout->device->layout;
}

std::int64_t slots_of(const LayoutPtr& layout) {
  return grid_of(layout).slots;
}

at::Tensor by_slot(const at::Tensor& like, const LayoutPtr& layout) {
  return at::empty({slots_of(layout)}, like.options());
}

at::Tensor plain(const at::Tensor& x) {
  return x.detach().contiguous();
}

// Of numbers that only a gang has.
double* address(const at::Tensor& sums) {
  return sums.defined() ? sums.mutable_data_ptr<double>() : nullptr;
}

// The last part: the whole without a gang.
Part last(const LayoutPtr& layout, Part in_gang) {
  return counts_gang(layout) ? in_gang : Part::whole;
}

}  // namespace

// --- rows of all members ---

GangCounts::GangCounts(const LayoutPtr& own) {
  auto rows = std::make_shared<DeviceRows>(*own->device);
  rows->gang_counts = at::empty({slots_of(own)}, at::TensorOptions(at::kInt).device(device()));
  rows->layout.gang_count = rows->gang_counts.const_data_ptr<std::int32_t>();
  auto layout = std::make_shared<Layout>(*own);
  layout->device = std::move(rows);
  layout_ = std::move(layout);
}

void GangCounts::leave(GangSums& sums) {
  sums_ = sums.numbers({slots_of(layout_)});
  queue_part(Part::first);
}

void GangCounts::take() {
  queue_part(Part::second);
}

void GangCounts::queue_part(Part part) {
  grid::Runtime& runtime = device_runtime();
  runtime.operations_in_double().count_rows(
      runtime, {grid_of(layout_), address(sums_), layout_->device->gang_counts.mutable_data_ptr<std::int32_t>(), part});
}

// --- cross-entropy ---

CrossEntropy::CrossEntropy(const at::Tensor& logits, const at::Tensor& labels, LayoutPtr layout)
    : logits_(logits),
      from_(plain(logits)),
      labels_(labels),
      layout_(std::move(layout)),
      shares_(at::empty_like(from_)),
      value_(by_slot(from_, layout_)) {}

void CrossEntropy::queue_part(Part part) {
  queue(from_, [&]<class T>(grid::Runtime& runtime, const grid::Operations<T>& table, T) {
    table.cross_entropy(runtime, {grid_of(layout_), grid::Index(from_.size(1)), const_rows<T>(from_),
                                  labels_.const_data_ptr<std::int64_t>(), rows<T>(shares_),
                                  value_.mutable_data_ptr<T>(), part, address(sums_)});
  });
}

void CrossEntropy::leave(GangSums& sums) {
  sums_ = sums.numbers({slots_of(layout_)});
  queue_part(Part::first);
}

at::Tensor CrossEntropy::value() {
  const at::AutoDispatchBelowADInplaceOrView below;
  queue_part(last(layout_, Part::second));
  return record(value_, {logits_}, [shares = shares_, labels = labels_, layout = layout_](const at::Tensor& gradient) {
    const at::Tensor to = at::empty_like(shares);
    queue(shares, [&]<class T>(grid::Runtime& runtime, const grid::Operations<T>& table, T) {
      table.cross_entropy_backward(runtime,
                                   {grid_of(layout), grid::Index(shares.size(1)), const_rows<T>(shares),
                                    labels.const_data_ptr<std::int64_t>(), gradient.const_data_ptr<T>(), rows<T>(to)});
    });
    return List{to};
  });
}

// --- squared errors ---

SquaredError::SquaredError(const at::Tensor& x, const at::Tensor& y, LayoutPtr layout)
    : x_(x), y_(y), left_(plain(x)), right_(plain(y)), layout_(std::move(layout)), value_(by_slot(left_, layout_)) {}

void SquaredError::queue_part(Part part) {
  queue(left_, [&]<class T>(grid::Runtime& runtime, const grid::Operations<T>& table, T) {
    table.squared_error(runtime, {grid_of(layout_), grid::Index(left_.size(1)), const_rows<T>(left_),
                                  const_rows<T>(right_), value_.mutable_data_ptr<T>(), part, address(sums_)});
  });
}

void SquaredError::leave(GangSums& sums) {
  sums_ = sums.numbers({slots_of(layout_)});
  queue_part(Part::first);
}

at::Tensor SquaredError::value() {
  const at::AutoDispatchBelowADInplaceOrView below;
  queue_part(last(layout_, Part::second));
  return record(value_, {x_, y_}, [left = left_, right = right_, layout = layout_](const at::Tensor& gradient) {
    const at::Tensor to_x = at::empty_like(left);
    const at::Tensor to_y = at::empty_like(right);
    queue(left, [&]<class T>(grid::Runtime& runtime, const grid::Operations<T>& table, T) {
      table.squared_error_backward(
          runtime, {grid_of(layout), grid::Index(left.size(1)), const_rows<T>(left), const_rows<T>(right),
                    gradient.const_data_ptr<T>(), rows<T>(to_x), rows<T>(to_y)});
    });
    return List{to_x, to_y};
  });
}

// --- central moments ---

MomentDiscrepancy::MomentDiscrepancy(const at::Tensor& x, const at::Tensor& y, int moments, bool squared,
                                     LayoutPtr layout)
    : x_(x), y_(y), saved_{plain(x), plain(y), {}, {}, {}, moments, squared, std::move(layout)} {
  const std::int64_t slots = slots_of(saved_.layout);
  saved_.of_x = at::empty({slots, moments, x.size(1)}, saved_.x.options());
  saved_.of_y = at::empty_like(saved_.of_x);
  saved_.lengths = at::empty({slots, moments}, saved_.x.options().dtype(at::kDouble));
  value_ = by_slot(saved_.x, saved_.layout);
}

void MomentDiscrepancy::queue_part(Part part) {
  const Saved& s = saved_;
  queue(s.x, [&]<class T>(grid::Runtime& runtime, const grid::Operations<T>& table, T) {
    table.moment_discrepancy(runtime, {grid_of(s.layout), grid::Index(s.x.size(1)), grid::Index(s.moments), s.squared,
                                       const_rows<T>(s.x), const_rows<T>(s.y), s.of_x.mutable_data_ptr<T>(),
                                       s.of_y.mutable_data_ptr<T>(), s.lengths.mutable_data_ptr<double>(),
                                       value_.mutable_data_ptr<T>(), part, address(sums_), address(power_sums_)});
  });
}

void MomentDiscrepancy::leave(GangSums& sums) {
  sums_ = sums.numbers({2, slots_of(saved_.layout), saved_.x.size(1)});
  queue_part(Part::first);
}

void MomentDiscrepancy::leave_powers(GangSums& sums) {
  power_sums_ = sums.numbers({2, slots_of(saved_.layout), saved_.moments - 1, saved_.x.size(1)});
  queue_part(Part::second);
}

at::Tensor MomentDiscrepancy::value() {
  const at::AutoDispatchBelowADInplaceOrView below;
  queue_part(last(saved_.layout, Part::third));
  return record(value_, {x_, y_}, [s = saved_](const at::Tensor& gradient) {
    const at::Tensor to_x = at::empty_like(s.x);
    const at::Tensor to_y = at::empty_like(s.y);
    queue(s.x, [&]<class T>(grid::Runtime& runtime, const grid::Operations<T>& table, T) {
      table.moment_discrepancy_backward(
          runtime, {grid_of(s.layout), grid::Index(s.x.size(1)), grid::Index(s.moments), s.squared, const_rows<T>(s.x),
                    const_rows<T>(s.y), s.of_x.const_data_ptr<T>(), s.of_y.const_data_ptr<T>(),
                    s.lengths.const_data_ptr<double>(), gradient.const_data_ptr<T>(), rows<T>(to_x), rows<T>(to_y)});
    });
    return List{to_x, to_y};
  });
}

// --- rows of unit length ---

UnitRows::UnitRows(List x, LayoutPtr layout) : x_(std::move(x)), layout_(std::move(layout)) {
  for (const at::Tensor& matrix : x_) {
    unit_.push_back(at::empty_like(plain(matrix)));
    factors_.push_back(at::empty({matrix.size(0)}, unit_.back().options()));
  }
  sums_.resize(x_.size());
}

void UnitRows::queue_part(Part part, std::size_t matrix) {
  const at::Tensor from = plain(x_[matrix]);
  queue(from, [&]<class T>(grid::Runtime& runtime, const grid::Operations<T>& table, T) {
    table.unit_rows(runtime, {grid_of(layout_), grid::Index(from.size(1)), 1e-6, const_rows<T>(from),
                              on_gpu::rows<T>(unit_[matrix]), factors_[matrix].mutable_data_ptr<T>(), part,
                              address(sums_[matrix])});
  });
}

void UnitRows::leave(GangSums& sums) {
  for (std::size_t matrix = 0; matrix < x_.size(); ++matrix) {
    sums_[matrix] = sums.numbers({slots_of(layout_), x_[matrix].size(1)});
    queue_part(Part::first, matrix);
  }
}

namespace {

void queue_backward(Part part, const at::Tensor& factors, const LayoutPtr& layout, const at::Tensor& gradient,
                    const at::Tensor& to, const at::Tensor& sums) {
  queue(gradient, [&]<class T>(grid::Runtime& runtime, const grid::Operations<T>& table, T) {
    table.unit_rows_backward(runtime, {grid_of(layout), grid::Index(gradient.size(1)), factors.const_data_ptr<T>(),
                                       const_rows<T>(gradient), rows<T>(to), part, address(sums)});
  });
}

at::Tensor record_alone(const at::Tensor& unit, const at::Tensor& x, const at::Tensor& factors,
                        const LayoutPtr& layout) {
  return record(unit, {x}, [factors, layout](const at::Tensor& gradient) {
    const at::Tensor to = at::empty_like(gradient);
    queue_backward(Part::whole, factors, layout, gradient, to, {});
    return List{to};
  });
}

List record_in_gang(const List& unit, const List& x, const List& factors, const LayoutPtr& layout) {
  return record(unit, x, [factors, layout](const List& gradients) {
    GangSums sums;
    List to, of_columns;
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      to.push_back(at::empty_like(gradients[i]));
      of_columns.push_back(sums.numbers({slots_of(layout), gradients[i].size(1)}));
      queue_backward(Part::first, factors[i], layout, gradients[i], to[i], of_columns[i]);
    }
    sums.add_up();
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      queue_backward(Part::second, factors[i], layout, gradients[i], to[i], of_columns[i]);
    }
    return to;
  });
}

}  // namespace

List UnitRows::rows() {
  const at::AutoDispatchBelowADInplaceOrView below;
  for (std::size_t matrix = 0; matrix < x_.size(); ++matrix) {
    queue_part(last(layout_, Part::second), matrix);
    if (!counts_gang(layout_)) record_alone(unit_[matrix], x_[matrix], factors_[matrix], layout_);
  }
  return counts_gang(layout_) ? record_in_gang(unit_, x_, factors_, layout_) : unit_;
}

// --- what two representations share ---

Overlap::Overlap(const at::Tensor& x, const at::Tensor& y, double factor, LayoutPtr layout)
    : x_(x), y_(y), saved_{plain(x), plain(y), {}, factor, std::move(layout)} {
  const std::int64_t columns = x.size(1);
  saved_.products = at::empty({slots_of(saved_.layout), columns, columns}, saved_.x.options());
  value_ = by_slot(saved_.x, saved_.layout);
}

void Overlap::queue_part(Part part) {
  const Saved& s = saved_;
  queue(s.x, [&]<class T>(grid::Runtime& runtime, const grid::Operations<T>& table, T) {
    table.overlap(runtime, {grid_of(s.layout), grid::Index(s.x.size(1)), s.factor, const_rows<T>(s.x),
                            const_rows<T>(s.y), s.products.mutable_data_ptr<T>(), value_.mutable_data_ptr<T>(), part});
  });
}

void Overlap::leave(GangSums& sums) {
  sums.add(saved_.products);
  queue_part(Part::first);
}

at::Tensor Overlap::value() {
  const at::AutoDispatchBelowADInplaceOrView below;
  queue_part(last(saved_.layout, Part::second));
  return record(value_, {x_, y_}, [s = saved_](const at::Tensor& gradient) {
    const at::Tensor to_x = at::empty_like(s.x);
    const at::Tensor to_y = at::empty_like(s.y);
    queue(s.x, [&]<class T>(grid::Runtime& runtime, const grid::Operations<T>& table, T) {
      table.overlap_backward(
          runtime, {grid_of(s.layout), grid::Index(s.x.size(1)), s.factor, const_rows<T>(s.x), const_rows<T>(s.y),
                    s.products.const_data_ptr<T>(), gradient.const_data_ptr<T>(), rows<T>(to_x), rows<T>(to_y)});
    });
    return List{to_x, to_y};
  });
}

}  // namespace mer::model::on_gpu
