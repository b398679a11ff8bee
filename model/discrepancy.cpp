#include "model/discrepancy.hpp"

#include <ATen/ATen.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <cmath>
#include <utility>
#include <vector>

#include "model/losses.hpp"
#include "model/node.hpp"
#include "model/ops.hpp"

namespace mer::model {

namespace {

template <class T>
void divide(Matrix<T> rows, std::int64_t first, std::int64_t end, std::int64_t columns, double count) {
  for (std::int64_t k = first; k < end; ++k) {
    for (std::int64_t j = 0; j < columns; ++j) rows.row(k)[j] /= T(count);
  }
}

struct Discrepancy {
  ColumnMoments x, y;
  at::Tensor lengths;  // the norms of their moments' differences, [R, count]
  at::Tensor counts;
  SimilarityNorm norm;

  std::int64_t count() const { return lengths.size(1); }
  std::int64_t columns() const { return x.values().size(2); }
};

template <class T>
void forward(const Discrepancy& d, const at::Tensor& value) {
  for_each_counted_slot(d.counts, [&](std::size_t slot, double) {
    double total = 0;
    for (std::int64_t k = 0; k < d.count(); ++k) {
      const double squares =
          kernels::kernels<T>().sum_of_squared_differences(d.x.of<T>(slot).row(k), d.y.of<T>(slot).row(k), d.columns());
      d.lengths.mutable_data_ptr<double>()[std::int64_t(slot) * d.count() + k] = std::sqrt(squares);
      total += d.norm == SimilarityNorm::l2 ? std::sqrt(squares) : squares;
    }
    value.mutable_data_ptr<T>()[slot] = T(total);
  });
}

template <class T>
void backward(const Discrepancy& d, const at::Tensor& gradient, const at::Tensor& to_x, const at::Tensor& to_y) {
  std::vector<T> x_slopes(std::size_t(d.count() * d.columns()));
  std::vector<T> y_slopes(x_slopes.size());
  for_each_slot(*d.x.layout(), [&](std::size_t slot, const SlotRows& part) {
    const double outer = double(gradient.const_data_ptr<T>()[slot]);
    for (std::int64_t k = 0; k < d.count(); ++k) {
      const double length = d.lengths.const_data_ptr<double>()[std::int64_t(slot) * d.count() + k];
      const double factor = d.norm == SimilarityNorm::squared_l2 ? 2 * outer : length > 0 ? outer / length : 0;
      for (std::int64_t j = 0; j < d.columns(); ++j) {
        const T gap = d.x.of<T>(slot).row(k)[j] - d.y.of<T>(slot).row(k)[j];
        x_slopes[std::size_t(k * d.columns() + j)] = T(factor) * gap;
        y_slopes[std::size_t(k * d.columns() + j)] = -T(factor) * gap;
      }
    }
    const auto slope = [&](const ColumnMoments& side, const std::vector<T>& slopes, const at::Tensor& to) {
      kernels::kernels<T>().column_moments_backward({part.rows(),
                                                     d.columns(),
                                                     d.count(),
                                                     d.counts.const_data_ptr<double>()[slot],
                                                     const_matrix<T>(side.x(), part.begin),
                                                     {side.of<T>(slot).data, d.columns()},
                                                     {slopes.data(), d.columns()},
                                                     matrix<T>(to, part.begin)});
    };
    slope(d.x, x_slopes, to_x);
    slope(d.y, y_slopes, to_y);
  });
}

}  // namespace

ColumnMoments::ColumnMoments(const at::Tensor& x, int count, LayoutPtr layout)
    : x_(x.detach().contiguous()),
      layout_(std::move(layout)),
      values_(at::zeros({std::int64_t(layout_->slots.size()), count, x.size(1)}, x.scalar_type())) {
  with_type(x_.scalar_type(), [&]<class T>(T) {
    for_each_slot(*layout_, [&](std::size_t slot, const SlotRows& part) {
      kernels::kernels<T>().column_sums({part.rows(), x_.size(1), const_matrix<T>(x_, part.begin), of<T>(slot).data});
    });
  });
}

void ColumnMoments::take_means(const at::Tensor& counts) {
  with_type(x_.scalar_type(), [&]<class T>(T) {
    for_each_counted_slot(
        counts, [&](std::size_t slot, double count) { divide<T>(of<T>(slot), 0, 1, values_.size(2), count); });
    for_each_slot(*layout_, [&](std::size_t slot, const SlotRows& part) {
      const Matrix<T> values = of<T>(slot);
      kernels::kernels<T>().central_sums({part.rows(),
                                          x_.size(1),
                                          values_.size(1),
                                          const_matrix<T>(x_, part.begin),
                                          values.row(0),
                                          {values.row(1), values.step}});
    });
  });
}

void ColumnMoments::take_moments(const at::Tensor& counts) {
  with_type(x_.scalar_type(), [&]<class T>(T) {
    for_each_counted_slot(counts, [&](std::size_t slot, double count) {
      divide<T>(of<T>(slot), 1, values_.size(1), values_.size(2), count);
    });
  });
}

at::Tensor moment_discrepancy(const at::Tensor& x, const at::Tensor& y, const ColumnMoments& of_x,
                              const ColumnMoments& of_y, SimilarityNorm norm, const at::Tensor& counts) {
  const at::AutoDispatchBelowADInplaceOrView below;
  const at::Tensor value = at::zeros({counts.numel()}, x.scalar_type());
  const Discrepancy d{of_x, of_y, at::zeros({counts.numel(), of_x.values().size(1)}, at::kDouble), counts, norm};
  with_type(x.scalar_type(), [&]<class T>(T) { forward<T>(d, value); });
  return record(value, {x, y}, [d](const at::Tensor& gradient) {
    const at::Tensor to_x = at::empty_like(d.x.x());
    const at::Tensor to_y = at::empty_like(d.y.x());
    with_type(gradient.scalar_type(), [&]<class T>(T) { backward<T>(d, gradient, to_x, to_y); });
    return std::vector<at::Tensor>{to_x, to_y};
  });
}

}  // namespace mer::model
