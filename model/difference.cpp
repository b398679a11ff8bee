#include "model/difference.hpp"

#include <ATen/ATen.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <algorithm>
#include <utility>

#include "model/losses.hpp"
#include "model/node.hpp"
#include "model/ops.hpp"

namespace mer::model {

namespace {

constexpr double kEpsilon = 1e-6;

// gradient * the row's factor; and the sums of its columns by slot, [R, columns].
template <class T>
void scale_rows(const at::Tensor& factors, const Layout& layout, const at::Tensor& gradient, const at::Tensor& sums) {
  for_each_slot(layout, [&](std::size_t slot, const SlotRows& part) {
    kernels::kernels<T>().scale_rows({part.rows(), gradient.size(1), factors.const_data_ptr<T>() + part.begin,
                                      matrix<T>(gradient, part.begin),
                                      sums.mutable_data_ptr<T>() + std::int64_t(slot) * sums.size(1)});
  });
}

// gradient - sums / count of the slot.
template <class T>
void centre(const Layout& layout, const at::Tensor& counts, const at::Tensor& sums, const at::Tensor& gradient) {
  for_each_slot(layout, [&](std::size_t slot, const SlotRows& part) {
    T* const mean = sums.mutable_data_ptr<T>() + std::int64_t(slot) * sums.size(1);
    for (std::int64_t j = 0; j < sums.size(1); ++j) mean[j] /= T(counts.const_data_ptr<double>()[slot]);
    kernels::kernels<T>().centre({part.rows(), gradient.size(1), mean, matrix<T>(gradient, part.begin)});
  });
}

template <class T>
T* product_of(const at::Tensor& products, std::size_t slot) {
  return products.mutable_data_ptr<T>() + std::int64_t(slot) * products.stride(0);
}

struct OverlapBackward {
  at::Tensor x, y, products;
  double factor;
  LayoutPtr layout;
};

// d sum (x^T y)^2 = 2 P: dx = y P^T, dy = x P.
template <class T>
void backward(const OverlapBackward& o, const at::Tensor& gradient, const at::Tensor& to_x, const at::Tensor& to_y) {
  const std::int64_t columns = o.x.size(1);
  std::vector<T> slopes(std::size_t(columns * columns));
  for_each_slot(*o.layout, [&](std::size_t slot, const SlotRows& part) {
    const T factor = T(2 * o.factor * double(gradient.const_data_ptr<T>()[slot]));
    const T* const products = product_of<T>(o.products, slot);
    std::transform(products, products + columns * columns, slopes.begin(),
                   [factor](T product) { return factor * product; });
    multiply<T>(part.rows(), columns, columns, operand(const_matrix<T>(o.y, part.begin)),
                {slopes.data(), columns, true}, matrix<T>(to_x, part.begin));
    multiply<T>(part.rows(), columns, columns, operand(const_matrix<T>(o.x, part.begin)),
                {slopes.data(), columns, false}, matrix<T>(to_y, part.begin));
  });
}

}  // namespace

UnitRows::UnitRows(const ColumnMoments& means)
    : rows_(at::empty_like(means.x())), factors_(at::empty({rows_.size(0)}, rows_.scalar_type())) {
  with_type(rows_.scalar_type(), [&]<class T>(T) {
    for_each_slot(*means.layout(), [&](std::size_t slot, const SlotRows& part) {
      kernels::kernels<T>().unit_rows({part.rows(), rows_.size(1), kEpsilon, const_matrix<T>(means.x(), part.begin),
                                       means.of<T>(slot).row(0), matrix<T>(rows_, part.begin),
                                       factors_.mutable_data_ptr<T>() + part.begin});
    });
  });
}

// As in the code of Bousmalis et al. 2016 (domain separation networks) and MISA.
std::vector<at::Tensor> record_unit_rows(const std::vector<UnitRows>& unit, const std::vector<at::Tensor>& x,
                                         const at::Tensor& counts, const LayoutPtr& layout, Gang* gang) {
  std::vector<at::Tensor> rows, factors;
  for (const UnitRows& one : unit) {
    rows.push_back(one.rows());
    factors.push_back(one.factors());
  }
  return record(rows, x, [factors, counts, layout, gang](const std::vector<at::Tensor>& gradients) {
    std::vector<at::Tensor> slopes, sums;
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      slopes.push_back(gradients[i].clone());
      sums.push_back(at::zeros({counts.numel(), slopes[i].size(1)}, slopes[i].scalar_type()));
      with_type(slopes[i].scalar_type(), [&]<class T>(T) { scale_rows<T>(factors[i], *layout, slopes[i], sums[i]); });
    }
    sum_over(gang, sums);
    for (std::size_t i = 0; i < slopes.size(); ++i) {
      with_type(slopes[i].scalar_type(), [&]<class T>(T) { centre<T>(*layout, counts, sums[i], slopes[i]); });
    }
    return slopes;
  });
}

Overlap::Overlap(const at::Tensor& x, const at::Tensor& y, DifferenceForm form, LayoutPtr layout)
    : x_(x.detach().contiguous()),
      y_(y.detach().contiguous()),
      layout_(std::move(layout)),
      factor_(form == DifferenceForm::literal ? 1 : 1 / double(x.size(1) * x.size(1))),
      products_(at::empty({std::int64_t(layout_->slots.size()), x.size(1), x.size(1)}, x.scalar_type())) {
  const std::int64_t columns = x.size(1);
  with_type(x.scalar_type(), [&]<class T>(T) {
    for (std::size_t slot = 0; slot < layout_->slots.size(); ++slot) {
      const SlotRows& part = layout_->slots[slot];
      T* const products = product_of<T>(products_, slot);
      if (part.rows() == 0) {
        std::fill_n(products, columns * columns, T(0));
        continue;
      }
      multiply<T>(columns, columns, part.rows(), transposed(const_matrix<T>(x_, part.begin)),
                  operand(const_matrix<T>(y_, part.begin)), {products, columns});
    }
  });
}

at::Tensor Overlap::value(const at::Tensor& x, const at::Tensor& y, const at::Tensor& counts) const {
  const at::AutoDispatchBelowADInplaceOrView below;
  const std::int64_t columns = x.size(1);
  const at::Tensor value = at::zeros({counts.numel()}, x.scalar_type());
  with_type(x.scalar_type(), [&]<class T>(T) {
    for_each_counted_slot(counts, [&](std::size_t slot, double) {
      const double squares = kernels::kernels<T>().sum_of_squares(product_of<T>(products_, slot), columns * columns);
      value.mutable_data_ptr<T>()[slot] = T(squares * factor_);
    });
  });
  return record(value, {x, y}, [o = OverlapBackward{x_, y_, products_, factor_, layout_}](const at::Tensor& gradient) {
    const at::Tensor to_x = at::empty_like(o.x);
    const at::Tensor to_y = at::empty_like(o.y);
    with_type(o.x.scalar_type(), [&]<class T>(T) { backward<T>(o, gradient, to_x, to_y); });
    return std::vector<at::Tensor>{to_x, to_y};
  });
}

}  // namespace mer::model
