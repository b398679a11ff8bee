#include "model/losses.hpp"

#include <ATen/ATen.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <algorithm>
#include <cmath>

#include "model/node.hpp"
#include "model/ops.hpp"

namespace mer::model {

namespace {

// function(slot, its rows) for each slot that has rows.
template <class Function>
void for_each_slot(const Layout& layout, const Function& function) {
  for (std::size_t slot = 0; slot < layout.slots.size(); ++slot) {
    if (layout.slots[slot].rows() > 0) function(slot, layout.slots[slot]);
  }
}

at::Tensor zeros_by_slot(const Layout& layout, at::ScalarType type) {
  return at::zeros({std::int64_t(layout.slots.size())}, type);
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
                            const at::Tensor& gradient, const at::Tensor& to) {
  const std::int64_t classes = shares.size(1);
  for_each_slot(layout, [&](std::size_t slot, const SlotRows& part) {
    const T factor = gradient.const_data_ptr<T>()[slot] / T(part.rows());
    const std::int64_t* const label = labels.const_data_ptr<std::int64_t>() + part.begin;
    for (std::int64_t row = 0; row < part.rows(); ++row) {
      const T* const share = const_matrix<T>(shares, part.begin).row(row);
      T* const slope = matrix<T>(to, part.begin).row(row);
      for (std::int64_t c = 0; c < classes; ++c) slope[c] = factor * (share[c] - T(c == label[row] ? 1 : 0));
    }
  });
}

// Moments of x and y by slot: [R, 2, moments, columns]; lengths: the norms of their differences, [R, moments].
struct Moments {
  at::Tensor x, y;
  at::Tensor moments, lengths;
  SimilarityNorm norm;
  LayoutPtr layout;

  std::int64_t count() const { return moments.size(2); }
  std::int64_t columns() const { return moments.size(3); }
  template <class T>
  Matrix<T> of(std::size_t slot, int side) const {
    return {moments.mutable_data_ptr<T>() + (2 * std::int64_t(slot) + side) * count() * columns(), columns()};
  }
};

template <class T>
void moment_discrepancy(const Moments& m, const at::Tensor& value) {
  for_each_slot(*m.layout, [&](std::size_t slot, const SlotRows& part) {
    const auto& table = kernels::kernels<T>();
    table.column_moments({part.rows(), m.columns(), m.count(), const_matrix<T>(m.x, part.begin), m.of<T>(slot, 0)});
    table.column_moments({part.rows(), m.columns(), m.count(), const_matrix<T>(m.y, part.begin), m.of<T>(slot, 1)});
    double total = 0;
    for (std::int64_t k = 0; k < m.count(); ++k) {
      const double squares =
          table.sum_of_squared_differences(m.of<T>(slot, 0).row(k), m.of<T>(slot, 1).row(k), m.columns());
      m.lengths.mutable_data_ptr<double>()[std::int64_t(slot) * m.count() + k] = std::sqrt(squares);
      total += m.norm == SimilarityNorm::l2 ? std::sqrt(squares) : squares;
    }
    value.mutable_data_ptr<T>()[slot] = T(total);
  });
}

template <class T>
void moment_discrepancy_backward(const Moments& m, const at::Tensor& gradient, const at::Tensor& to_x,
                                 const at::Tensor& to_y) {
  std::vector<T> x_slopes(std::size_t(m.count() * m.columns()));
  std::vector<T> y_slopes(x_slopes.size());
  for_each_slot(*m.layout, [&](std::size_t slot, const SlotRows& part) {
    const double outer = double(gradient.const_data_ptr<T>()[slot]);
    for (std::int64_t k = 0; k < m.count(); ++k) {
      const double length = m.lengths.const_data_ptr<double>()[std::int64_t(slot) * m.count() + k];
      const double factor = m.norm == SimilarityNorm::squared_l2 ? 2 * outer : length > 0 ? outer / length : 0;
      for (std::int64_t j = 0; j < m.columns(); ++j) {
        const T gap = m.of<T>(slot, 0).row(k)[j] - m.of<T>(slot, 1).row(k)[j];
        x_slopes[std::size_t(k * m.columns() + j)] = T(factor) * gap;
        y_slopes[std::size_t(k * m.columns() + j)] = -T(factor) * gap;
      }
    }
    const auto& table = kernels::kernels<T>();
    const auto moments_of = [&](int side) { return Matrix<const T>{m.of<T>(slot, side).data, m.columns()}; };
    table.column_moments_backward({part.rows(),
                                   m.columns(),
                                   m.count(),
                                   const_matrix<T>(m.x, part.begin),
                                   moments_of(0),
                                   {x_slopes.data(), m.columns()},
                                   matrix<T>(to_x, part.begin)});
    table.column_moments_backward({part.rows(),
                                   m.columns(),
                                   m.count(),
                                   const_matrix<T>(m.y, part.begin),
                                   moments_of(1),
                                   {y_slopes.data(), m.columns()},
                                   matrix<T>(to_y, part.begin)});
  });
}

// products: x^T y by slot, [R, columns, columns].
struct Overlap {
  at::Tensor x, y, products;
  double factor;  // of the sum of squares
  LayoutPtr layout;

  template <class T>
  Matrix<T> of(std::size_t slot) const {
    return {products.mutable_data_ptr<T>() + std::int64_t(slot) * products.stride(0), products.size(2)};
  }
};

template <class T>
void overlap(const Overlap& o, const at::Tensor& value) {
  const std::int64_t columns = o.x.size(1);
  for_each_slot(*o.layout, [&](std::size_t slot, const SlotRows& part) {
    multiply<T>(columns, columns, part.rows(), transposed(const_matrix<T>(o.x, part.begin)),
                operand(const_matrix<T>(o.y, part.begin)), o.of<T>(slot));
    const double squares = kernels::kernels<T>().sum_of_squares(o.of<T>(slot).data, columns * columns);
    value.mutable_data_ptr<T>()[slot] = T(squares * o.factor);
  });
}

// d sum (x^T y)^2 = 2 P: dx = y P^T, dy = x P.
template <class T>
void overlap_backward(const Overlap& o, const at::Tensor& gradient, const at::Tensor& to_x, const at::Tensor& to_y) {
  const std::int64_t columns = o.x.size(1);
  std::vector<T> slopes(std::size_t(columns * columns));
  for_each_slot(*o.layout, [&](std::size_t slot, const SlotRows& part) {
    const T factor = T(2 * o.factor * double(gradient.const_data_ptr<T>()[slot]));
    std::transform(o.of<T>(slot).data, o.of<T>(slot).data + columns * columns, slopes.begin(),
                   [factor](T product) { return factor * product; });
    multiply<T>(part.rows(), columns, columns, operand(const_matrix<T>(o.y, part.begin)),
                {slopes.data(), columns, true}, matrix<T>(to_x, part.begin));
    multiply<T>(part.rows(), columns, columns, operand(const_matrix<T>(o.x, part.begin)),
                {slopes.data(), columns, false}, matrix<T>(to_y, part.begin));
  });
}

}  // namespace

at::Tensor cross_entropy(const at::Tensor& logits, const at::Tensor& labels, const LayoutPtr& layout) {
  const at::AutoDispatchBelowADInplaceOrView below;
  at::Tensor value = zeros_by_slot(*layout, logits.scalar_type());
  const at::Tensor shares = at::empty(logits.sizes(), logits.scalar_type());
  with_type(logits.scalar_type(), [&]<class T>(T) {
    for_each_slot(*layout, [&](std::size_t slot, const SlotRows& part) {
      const double total =
          softmax_rows<T>(const_matrix<T>(logits, part.begin), matrix<T>(shares, part.begin),
                          labels.const_data_ptr<std::int64_t>() + part.begin, part.rows(), logits.size(1));
      value.mutable_data_ptr<T>()[slot] = T(total / double(part.rows()));
    });
  });
  return record(value, {logits}, [shares, labels, layout](const at::Tensor& gradient) {
    const at::Tensor to = at::empty_like(shares);
    with_type(shares.scalar_type(),
              [&]<class T>(T) { cross_entropy_backward<T>(shares, labels, *layout, gradient, to); });
    return std::vector<at::Tensor>{to};
  });
}

at::Tensor moment_discrepancy(const at::Tensor& x, const at::Tensor& y, int moments, SimilarityNorm norm,
                              const LayoutPtr& layout) {
  const auto slots = std::int64_t(layout->slots.size());
  const at::AutoDispatchBelowADInplaceOrView below;
  const at::Tensor value = zeros_by_slot(*layout, x.scalar_type());
  const Moments m{x.detach().contiguous(),
                  y.detach().contiguous(),
                  at::empty({slots, 2, moments, x.size(1)}, x.scalar_type()),
                  at::empty({slots, moments}, at::kDouble),
                  norm,
                  layout};
  with_type(x.scalar_type(), [&]<class T>(T) { moment_discrepancy<T>(m, value); });
  return record(value, {x, y}, [m](const at::Tensor& gradient) {
    const at::Tensor to_x = at::empty_like(m.x);
    const at::Tensor to_y = at::empty_like(m.y);
    with_type(m.x.scalar_type(), [&]<class T>(T) { moment_discrepancy_backward<T>(m, gradient, to_x, to_y); });
    return std::vector<at::Tensor>{to_x, to_y};
  });
}

// As in the code of Bousmalis et al. 2016 (domain separation networks) and MISA.
at::Tensor centred_unit_rows(const at::Tensor& x, const LayoutPtr& layout) {
  const at::AutoDispatchBelowADInplaceOrView below;
  const at::Tensor from = x.detach().contiguous();
  const at::Tensor unit = at::empty(x.sizes(), x.scalar_type());
  const at::Tensor factors = at::empty({x.size(0)}, x.scalar_type());
  with_type(x.scalar_type(), [&]<class T>(T) {
    for_each_slot(*layout, [&](std::size_t, const SlotRows& part) {
      kernels::kernels<T>().unit_rows({part.rows(), x.size(1), 1e-6, const_matrix<T>(from, part.begin),
                                       matrix<T>(unit, part.begin), factors.mutable_data_ptr<T>() + part.begin});
    });
  });
  return record(unit, {x}, [factors, layout](const at::Tensor& gradient) {
    const at::Tensor to = gradient.clone();
    with_type(to.scalar_type(), [&]<class T>(T) {
      for_each_slot(*layout, [&](std::size_t, const SlotRows& part) {
        kernels::kernels<T>().unit_rows_backward(
            {part.rows(), to.size(1), factors.const_data_ptr<T>() + part.begin, matrix<T>(to, part.begin)});
      });
    });
    return std::vector<at::Tensor>{to};
  });
}

at::Tensor overlap(const at::Tensor& x, const at::Tensor& y, DifferenceForm form, const LayoutPtr& layout) {
  const std::int64_t columns = x.size(1);
  const at::AutoDispatchBelowADInplaceOrView below;
  const at::Tensor value = zeros_by_slot(*layout, x.scalar_type());
  const Overlap o{x.detach().contiguous(), y.detach().contiguous(),
                  at::empty({std::int64_t(layout->slots.size()), columns, columns}, x.scalar_type()),
                  form == DifferenceForm::literal ? 1 : 1 / double(columns * columns), layout};
  with_type(x.scalar_type(), [&]<class T>(T) { overlap<T>(o, value); });
  return record(value, {x, y}, [o](const at::Tensor& gradient) {
    const at::Tensor to_x = at::empty_like(o.x);
    const at::Tensor to_y = at::empty_like(o.y);
    with_type(o.x.scalar_type(), [&]<class T>(T) { overlap_backward<T>(o, gradient, to_x, to_y); });
    return std::vector<at::Tensor>{to_x, to_y};
  });
}

at::Tensor squared_error(const at::Tensor& x, const at::Tensor& y, const LayoutPtr& layout) {
  const std::int64_t columns = x.size(1);
  const at::AutoDispatchBelowADInplaceOrView below;
  const at::Tensor value = zeros_by_slot(*layout, x.scalar_type());
  const at::Tensor left = x.detach().contiguous();
  const at::Tensor right = y.detach().contiguous();
  with_type(x.scalar_type(), [&]<class T>(T) {
    for_each_slot(*layout, [&](std::size_t slot, const SlotRows& part) {
      const std::int64_t elements = part.rows() * columns;
      const double squares = kernels::kernels<T>().sum_of_squared_differences(
          matrix<T>(left, part.begin).data, matrix<T>(right, part.begin).data, elements);
      value.mutable_data_ptr<T>()[slot] = T(squares / double(elements));
    });
  });
  return record(value, {x, y}, [left, right, columns, layout](const at::Tensor& gradient) {
    const at::Tensor to_x = at::empty_like(left);
    const at::Tensor to_y = at::empty_like(right);
    with_type(left.scalar_type(), [&]<class T>(T) {
      for_each_slot(*layout, [&](std::size_t slot, const SlotRows& part) {
        const std::int64_t elements = part.rows() * columns;
        const T factor = T(2 * double(gradient.const_data_ptr<T>()[slot]) / double(elements));
        const T* const a = matrix<T>(left, part.begin).data;
        const T* const b = matrix<T>(right, part.begin).data;
        T* const x_slope = matrix<T>(to_x, part.begin).data;
        T* const y_slope = matrix<T>(to_y, part.begin).data;
        for (std::int64_t i = 0; i < elements; ++i) {
          x_slope[i] = factor * (a[i] - b[i]);
          y_slope[i] = -x_slope[i];
        }
      });
    });
    return std::vector<at::Tensor>{to_x, to_y};
  });
}

}  // namespace mer::model
