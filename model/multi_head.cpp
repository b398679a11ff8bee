#include <ATen/ATen.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <cmath>

#include "model/attention.hpp"
#include "model/device/ops.hpp"
#include "model/node.hpp"

namespace mer::model {
namespace {

struct Weights {
  at::Tensor in, in_bias, out, out_bias;
};

struct MultiHead {
  std::int64_t width, heads;
  bool self;  // source is target
  Weights weights;
  LayoutPtr layout;

  double scale() const { return 1 / std::sqrt(double(width) / double(heads)); }
};

struct Saved {
  at::Tensor target, source;
  at::Tensor projected;            // [rows, 3 width]: query, key, value
  at::Tensor attended;             // [rows, width]
  std::vector<at::Tensor> shares;  // by slot
};

// The products that make projected, or their gradients: query from target, key and value from source, or all from one.
struct Projection {
  const at::Tensor Saved::*from;
  std::int64_t first, count;  // of the columns of `projected`, in widths
};
std::vector<Projection> projections(bool self) {
  if (self) return {{&Saved::target, 0, 3}};
  return {{&Saved::target, 0, 1}, {&Saved::source, 1, 2}};
}

template <class T>
void forward(const MultiHead& op, Saved& saved, const at::Tensor& output) {
  const std::int64_t width = op.width;
  const auto& table = kernels::kernels<T>();
  for (std::size_t slot = 0; slot < op.layout->slots.size(); ++slot) {
    const SlotRows& part = op.layout->slots[slot];
    saved.shares.push_back(at::empty({kernels::attention_elements(part.dialogues, op.heads)}, output.scalar_type()));
    if (part.rows() == 0) continue;
    for (const Projection& p : projections(op.self)) {
      multiply<T>(part.rows(), p.count * width, width, operand(const_matrix<T>(saved.*p.from, part.begin)),
                  {slot_data<T>(op.weights.in, slot) + p.first * width * width, width, true},
                  matrix<T>(saved.projected, part.begin, p.first * width));
    }
    table.activate({part.rows(), 3 * width, matrix<T>(saved.projected, part.begin),
                    slot_data<T>(op.weights.in_bias, slot), Activation::none});
    table.attention({part.dialogues, op.heads, width / op.heads, op.scale(), false,
                     const_matrix<T>(saved.projected, part.begin), const_matrix<T>(saved.projected, part.begin, width),
                     const_matrix<T>(saved.projected, part.begin, 2 * width), matrix<T>(saved.attended, part.begin),
                     saved.shares.back().mutable_data_ptr<T>(), nullptr});
    multiply<T>(part.rows(), width, width, operand(const_matrix<T>(saved.attended, part.begin)),
                {slot_data<T>(op.weights.out, slot), width, true}, matrix<T>(output, part.begin));
    table.activate(
        {part.rows(), width, matrix<T>(output, part.begin), slot_data<T>(op.weights.out_bias, slot), Activation::none});
  }
}

struct Gradients {
  at::Tensor target, source;
  Weights weights;
};

template <class T>
void backward(const MultiHead& op, const Saved& saved, const at::Tensor& gradient, const Gradients& to) {
  const std::int64_t width = op.width;
  const auto& table = kernels::kernels<T>();
  const at::Tensor by_attended = at::empty(saved.attended.sizes(), gradient.scalar_type());
  const at::Tensor by_projected = at::empty(saved.projected.sizes(), gradient.scalar_type());
  for (std::size_t slot = 0; slot < op.layout->slots.size(); ++slot) {
    const SlotRows& part = op.layout->slots[slot];
    if (part.rows() == 0) continue;
    const Matrix<const T> from = const_matrix<T>(gradient, part.begin);
    multiply<T>(part.rows(), width, width, operand(from), {slot_data<T>(op.weights.out, slot), width, false},
                matrix<T>(by_attended, part.begin));
    multiply<T>(width, width, part.rows(), transposed(from), operand(const_matrix<T>(saved.attended, part.begin)),
                {slot_data<T>(to.weights.out, slot), width});
    table.activate_backward({part.rows(), width, from, {}, {}, slot_data<T>(to.weights.out_bias, slot)});
    table.attention_backward(
        {part.dialogues, op.heads, width / op.heads, op.scale(), false, const_matrix<T>(saved.projected, part.begin),
         const_matrix<T>(saved.projected, part.begin, width), const_matrix<T>(saved.projected, part.begin, 2 * width),
         const_matrix<T>(by_attended, part.begin), saved.shares[slot].const_data_ptr<T>(), nullptr,
         matrix<T>(by_projected, part.begin), matrix<T>(by_projected, part.begin, width),
         matrix<T>(by_projected, part.begin, 2 * width)});
    table.activate_backward({part.rows(),
                             3 * width,
                             const_matrix<T>(by_projected, part.begin),
                             {},
                             {},
                             slot_data<T>(to.weights.in_bias, slot)});
    for (const Projection& p : projections(op.self)) {
      const Matrix<const T> slope = const_matrix<T>(by_projected, part.begin, p.first * width);
      const std::int64_t first = p.first * width * width;
      multiply<T>(p.count * width, width, part.rows(), transposed(slope),
                  operand(const_matrix<T>(saved.*p.from, part.begin)),
                  {slot_data<T>(to.weights.in, slot) + first, width});
      multiply<T>(part.rows(), width, p.count * width, operand(slope),
                  {slot_data<T>(op.weights.in, slot) + first, width, false},
                  matrix<T>(p.from == &Saved::target ? to.target : to.source, part.begin));
    }
  }
}

}  // namespace

// PyTorch: Xavier-uniform in-projection of [3 width, width], zero biases, out-projection as nn.Linear.
MultiHeadAttention::MultiHeadAttention(Parameters& parameters, const std::string& name, int width, int heads)
    : heads_(heads),
      in_weight_(parameters.add(name + ".in_proj_weight", {3 * width, width}, std::sqrt(6.0 / (4 * width)))),
      in_bias_(parameters.add(name + ".in_proj_bias", {3 * width}, 0)),
      out_weight_(parameters.add(name + ".out_proj.weight", {width, width}, 1 / std::sqrt(double(width)))),
      out_bias_(parameters.add(name + ".out_proj.bias", {width}, 0)) {}

at::Tensor MultiHeadAttention::operator()(const at::Tensor& target, const at::Tensor& source,
                                          const LayoutPtr& layout) const {
  if (layout->device) {
    return on_gpu::multi_head(target, source, heads_, {in_weight_, in_bias_, out_weight_, out_bias_}, layout);
  }
  const MultiHead op{
      target.size(1),
      heads_,
      target.is_same(source),
      {in_weight_.values.detach(), in_bias_.values.detach(), out_weight_.values.detach(), out_bias_.values.detach()},
      layout};
  Saved saved{target.detach().contiguous(), source.detach().contiguous(), {}, {}, {}};
  at::Tensor output;
  {
    const at::AutoDispatchBelowADInplaceOrView below;
    saved.projected = at::empty({target.size(0), 3 * op.width}, target.scalar_type());
    saved.attended = at::empty({target.size(0), op.width}, target.scalar_type());
    output = at::empty({target.size(0), op.width}, target.scalar_type());
    with_type(target.scalar_type(), [&]<class T>(T) { forward<T>(op, saved, output); });
  }
  const std::vector<at::Tensor> inputs = {
      target, source, in_weight_.values, in_bias_.values, out_weight_.values, out_bias_.values};
  return record(output, inputs, [op, saved](const at::Tensor& gradient) {
    const Gradients to{at::empty_like(saved.target),
                       op.self ? at::Tensor() : at::empty_like(saved.source),
                       {at::empty_like(op.weights.in), at::empty_like(op.weights.in_bias),
                        at::empty_like(op.weights.out), at::empty_like(op.weights.out_bias)}};
    with_type(gradient.scalar_type(), [&]<class T>(T) { backward<T>(op, saved, gradient, to); });
    return std::vector<at::Tensor>{to.target,          to.source,      to.weights.in,
                                   to.weights.in_bias, to.weights.out, to.weights.out_bias};
  });
}

}  // namespace mer::model
