#include "model/losses.hpp"

#include <ATen/ATen.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <algorithm>
#include <cmath>

#include "model/node.hpp"
#include "model/ops.hpp"

namespace mer::model {

namespace {

// sums / (count * columns) by slot.
at::Tensor means_of(const at::Tensor& sums, const at::Tensor& counts, std::int64_t columns, at::ScalarType type) {
  const at::Tensor means = at::zeros(sums.sizes(), type);
  with_type(type, [&]<class T>(T) {
    for_each_counted_slot(counts, [&](std::size_t slot, double count) {
      means.mutable_data_ptr<T>()[slot] = T(sums.const_data_ptr<double>()[slot] / (count * double(columns)));
    });
  });
  return means;
}

// shares = softmax(logits); the sum of -log of the labels' shares.
template <class T>
double softmax_rows(Matrix<const T> logits, Matrix<T> shares, const std::int64_t* labels, std::int64_t rows,
                    std::int64_t classes) {
  double total = 0;
  for (std::int64_t row = 0; row < rows; ++row) {
    const T* const from = logits.row(row);
    T* const to = shares.row(row);
    const T highest = *std::max_element(from, from + classes);
    T sum = 0;
    for (std::int64_t c = 0; c < classes; ++c) sum += to[c] = std::exp(from[c] - highest);
    for (std::int64_t c = 0; c < classes; ++c) to[c] /= sum;
    total += double(std::log(sum)) - double(from[labels[row]] - highest);
  }
  return total;
}

template <class T>
void cross_entropy_backward(const at::Tensor& shares, const at::Tensor& labels, const Layout& layout,
                            const at::Tensor& counts, const at::Tensor& gradient, const at::Tensor& to) {
  const std::int64_t classes = shares.size(1);
  for_each_slot(layout, [&](std::size_t slot, const SlotRows& part) {
    const T factor = gradient.const_data_ptr<T>()[slot] / T(counts.const_data_ptr<double>()[slot]);
    const std::int64_t* const label = labels.const_data_ptr<std::int64_t>() + part.begin;
    for (std::int64_t row = 0; row < part.rows(); ++row) {
      const T* const share = const_matrix<T>(shares, part.begin).row(row);
      T* const slope = matrix<T>(to, part.begin).row(row);
      for (std::int64_t c = 0; c < classes; ++c) slope[c] = factor * (share[c] - T(c == label[row] ? 1 : 0));
    }
  });
}

template <class T>
void squared_error_backward(const at::Tensor& x, const at::Tensor& y, const Layout& layout, const at::Tensor& counts,
                            const at::Tensor& gradient, const at::Tensor& to_x, const at::Tensor& to_y) {
  const std::int64_t columns = x.size(1);
  for_each_slot(layout, [&](std::size_t slot, const SlotRows& part) {
    const double all = counts.const_data_ptr<double>()[slot] * double(columns);
    const T factor = T(2 * double(gradient.const_data_ptr<T>()[slot]) / all);
    const T* const a = const_matrix<T>(x, part.begin).data;
    const T* const b = const_matrix<T>(y, part.begin).data;
    T* const x_slope = matrix<T>(to_x, part.begin).data;
    T* const y_slope = matrix<T>(to_y, part.begin).data;
    for (std::int64_t i = 0; i < part.rows() * columns; ++i) {
      x_slope[i] = factor * (a[i] - b[i]);
      y_slope[i] = -x_slope[i];
    }
  });
}

}  // namespace

at::Tensor count_rows(const Layout& layout) {
  std::vector<double> counts;
  for (const SlotRows& part : layout.slots) counts.push_back(double(part.rows()));
  return at::tensor(counts, at::kDouble);
}

CrossEntropy::CrossEntropy(const at::Tensor& logits, const at::Tensor& labels, LayoutPtr layout)
    : logits_(logits),
      labels_(labels),
      layout_(std::move(layout)),
      shares_(at::empty(logits.sizes(), logits.scalar_type())),
      sums_(at::zeros({std::int64_t(layout_->slots.size())}, at::kDouble)) {
  with_type(logits.scalar_type(), [&]<class T>(T) {
    for_each_slot(*layout_, [&](std::size_t slot, const SlotRows& part) {
      sums_.mutable_data_ptr<double>()[slot] =
          softmax_rows<T>(const_matrix<T>(logits, part.begin), matrix<T>(shares_, part.begin),
                          labels.const_data_ptr<std::int64_t>() + part.begin, part.rows(), logits.size(1));
    });
  });
}

at::Tensor CrossEntropy::mean(const at::Tensor& counts) const {
  const at::AutoDispatchBelowADInplaceOrView below;
  const at::Tensor value = means_of(sums_, counts, 1, logits_.scalar_type());
  return record(
      value, {logits_}, [counts, shares = shares_, labels = labels_, layout = layout_](const at::Tensor& gradient) {
        const at::Tensor to = at::empty_like(shares);
        with_type(shares.scalar_type(),
                  [&]<class T>(T) { cross_entropy_backward<T>(shares, labels, *layout, counts, gradient, to); });
        return std::vector<at::Tensor>{to};
      });
}

SquaredError::SquaredError(const at::Tensor& x, const at::Tensor& y, LayoutPtr layout)
    : x_(x),
      y_(y),
      left_(x.detach().contiguous()),
      right_(y.detach().contiguous()),
      layout_(std::move(layout)),
      sums_(at::zeros({std::int64_t(layout_->slots.size())}, at::kDouble)) {
  const std::int64_t columns = x.size(1);
  with_type(x.scalar_type(), [&]<class T>(T) {
    for_each_slot(*layout_, [&](std::size_t slot, const SlotRows& part) {
      sums_.mutable_data_ptr<double>()[slot] = kernels::kernels<T>().sum_of_squared_differences(
          const_matrix<T>(left_, part.begin).data, const_matrix<T>(right_, part.begin).data, part.rows() * columns);
    });
  });
}

at::Tensor SquaredError::mean(const at::Tensor& counts) const {
  const at::AutoDispatchBelowADInplaceOrView below;
  const at::Tensor value = means_of(sums_, counts, x_.size(1), x_.scalar_type());
  return record(value, {x_, y_}, [counts, x = left_, y = right_, layout = layout_](const at::Tensor& slope) {
    const at::Tensor to_x = at::empty_like(x);
    const at::Tensor to_y = at::empty_like(y);
    with_type(x.scalar_type(),
              [&]<class T>(T) { squared_error_backward<T>(x, y, *layout, counts, slope, to_x, to_y); });
    return std::vector<at::Tensor>{to_x, to_y};
  });
}

}  // namespace mer::model
