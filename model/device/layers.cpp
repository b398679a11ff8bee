#include <ATen/ATen.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <cmath>

#include "model/device/ops.hpp"
#include "model/node.hpp"

namespace mer::model::on_gpu {

at::Tensor empty_rows(const at::Tensor& like, std::int64_t columns) {
  return at::empty({like.size(0), columns}, like.options());
}

namespace {

using List = std::vector<at::Tensor>;

// --- linear layers ---

struct SavedLinear {
  at::Tensor x, y, weight, bias;
  Activation activation;
  LayoutPtr layout;
};

List linear_backward(const SavedLinear& saved, const at::Tensor& gradient, bool wants_x) {
  const at::Tensor to_x = wants_x ? at::empty_like(saved.x) : at::Tensor();
  const at::Tensor to_weight = at::empty_like(saved.weight);
  const at::Tensor to_bias = saved.bias.defined() ? at::empty_like(saved.bias) : at::Tensor();
  queue(gradient, [&]<class T>(grid::Runtime& runtime, const grid::Operations<T>& table, T) {
    grid::LinearBackward<T> op;
    op.layout = saved.layout->device->layout;
    op.inputs = grid::Index(saved.x.size(1));
    op.outputs = grid::Index(gradient.size(1));
    op.activation = saved.activation;
    op.x = const_rows<T>(saved.x);
    if (saved.y.defined()) op.y = const_rows<T>(saved.y);
    op.gradient = const_rows<T>(gradient);
    op.weight = const_stacked<T>(saved.weight);
    if (wants_x) op.to_x = rows<T>(to_x);
    op.to_weight = stacked<T>(to_weight);
    op.to_bias = stacked<T>(to_bias);
    table.linear_backward(runtime, op);
  });
  return saved.bias.defined() ? List{to_x, to_weight, to_bias} : List{to_x, to_weight};
}

}  // namespace

at::Tensor linear(const at::Tensor& x, const Parameter& weight, const Parameter* bias, Activation activation,
                  const LayoutPtr& layout) {
  const List inputs = bias == nullptr ? List{x, weight.values} : List{x, weight.values, bias->values};
  const at::Tensor like_bias = bias == nullptr ? at::Tensor() : bias->values.detach();
  SavedLinear saved{x.detach().contiguous(), {}, weight.values.detach(), like_bias, activation, layout};
  const at::AutoDispatchBelowADInplaceOrView below;
  const at::Tensor y = empty_rows(x, weight.shape[0]);
  queue(x, [&]<class T>(grid::Runtime& runtime, const grid::Operations<T>& table, T) {
    table.linear(runtime,
                 {layout->device->layout, grid::Index(x.size(1)), grid::Index(y.size(1)), activation,
                  const_rows<T>(saved.x), const_stacked<T>(saved.weight), const_stacked<T>(saved.bias), rows<T>(y)});
  });
  if (activation != Activation::none) saved.y = y.detach();
  return record(y, inputs, [saved, wants_x = x.requires_grad()](const at::Tensor& gradient) {
    return linear_backward(saved, gradient, wants_x);
  });
}

// --- recurrent layers ---

namespace {

struct SavedRecurrent {
  kernels::Cell cell;
  std::int64_t width;
  List weights;
  at::Tensor x, output;
  List gates;  // by direction
  LayoutPtr layout;

  template <class T>
  grid::RecurrentWeights<const T> of(std::size_t direction) const {
    return {const_stacked<T>(weights[4 * direction]), const_stacked<T>(weights[4 * direction + 1]),
            const_stacked<T>(weights[4 * direction + 2]), const_stacked<T>(weights[4 * direction + 3])};
  }
};

List recurrent_backward(const SavedRecurrent& saved, const at::Tensor& gradient, bool wants_x) {
  List to = {wants_x ? at::empty_like(saved.x) : at::Tensor()};
  for (const at::Tensor& weight : saved.weights) to.push_back(at::empty_like(weight));
  queue(gradient, [&]<class T>(grid::Runtime& runtime, const grid::Operations<T>& table, T) {
    grid::RecurrentBackward<T> op;
    op.layout = saved.layout->device->layout;
    op.cell = saved.cell;
    op.inputs = grid::Index(saved.x.size(1));
    op.width = grid::Index(saved.width);
    op.directions = grid::Index(saved.gates.size());
    op.x = const_rows<T>(saved.x);
    op.output = const_rows<T>(saved.output);
    op.gradient = const_rows<T>(gradient);
    if (wants_x) op.to_x = rows<T>(to[0]);
    for (std::size_t d = 0; d < saved.gates.size(); ++d) {
      op.weights[d] = saved.of<T>(d);
      op.saved[d] = const_rows<T>(saved.gates[d]);
      op.to_weights[d] = {stacked<T>(to[4 * d + 1]), stacked<T>(to[4 * d + 2]), stacked<T>(to[4 * d + 3]),
                          stacked<T>(to[4 * d + 4])};
    }
    table.recurrent_backward(runtime, op);
  });
  return to;
}

}  // namespace

at::Tensor recurrent(const at::Tensor& x, kernels::Cell cell, std::int64_t width,
                     const std::vector<const Parameter*>& weights, const LayoutPtr& layout) {
  List inputs = {x};
  SavedRecurrent saved{cell, width, {}, x.detach().contiguous(), {}, {}, layout};
  for (const Parameter* weight : weights) {
    inputs.push_back(weight->values);
    saved.weights.push_back(weight->values.detach());
  }
  const at::AutoDispatchBelowADInplaceOrView below;
  const std::size_t directions = weights.size() / 4;
  const at::Tensor output = empty_rows(x, std::int64_t(directions) * width);
  for (std::size_t d = 0; d < directions; ++d) saved.gates.push_back(empty_rows(x, kernels::saved_of(cell) * width));
  queue(x, [&]<class T>(grid::Runtime& runtime, const grid::Operations<T>& table, T) {
    grid::Recurrent<T> op;
    op.layout = layout->device->layout;
    op.cell = cell;
    op.inputs = grid::Index(x.size(1));
    op.width = grid::Index(width);
    op.directions = grid::Index(directions);
    op.x = const_rows<T>(saved.x);
    op.output = rows<T>(output);
    for (std::size_t d = 0; d < directions; ++d) {
      op.weights[d] = saved.of<T>(d);
      op.saved[d] = rows<T>(saved.gates[d]);
    }
    table.recurrent(runtime, op);
  });
  saved.output = output.detach();
  return record(output, inputs, [saved, wants_x = x.requires_grad()](const at::Tensor& gradient) {
    return recurrent_backward(saved, gradient, wants_x);
  });
}

// --- multi-head attention ---

namespace {

struct SavedMultiHead {
  std::int64_t width, heads;
  bool self;  // source is target
  at::Tensor in, in_bias, out, out_bias;
  at::Tensor target, source;
  at::Tensor projected;  // [rows, 3 width]: query, key, value
  at::Tensor attended, shares;
  LayoutPtr layout;

  const grid::Layout& grid() const { return layout->device->layout; }

  // The linear layers that make `projected`: `count` widths of it from `first` on. Self: one for all three.
  template <class Function>
  void for_each_projection(const Function& function) const {
    if (self) return function(target, 0, 3);
    function(target, 0, 1);
    function(source, 1, 2);
  }
};

template <class T>
grid::Attention<T> attention_of(const SavedMultiHead& s) {
  grid::Attention<T> op;
  op.layout = s.grid();
  op.heads = grid::Index(s.heads);
  op.head_width = grid::Index(s.width / s.heads);
  op.scale = 1 / std::sqrt(double(s.width) / double(s.heads));
  op.query = const_rows<T>(s.projected);
  op.key = const_rows<T>(s.projected, s.width);
  op.value = const_rows<T>(s.projected, 2 * s.width);
  op.output = rows<T>(s.attended);
  op.shares = s.shares.mutable_data_ptr<T>();
  return op;
}

template <class T>
void multi_head_forward(grid::Runtime& runtime, const grid::Operations<T>& table, const SavedMultiHead& s,
                        const at::Tensor& output) {
  s.for_each_projection([&](const at::Tensor& from, std::int64_t first, std::int64_t count) {
    table.linear(runtime, {s.grid(), grid::Index(s.width), grid::Index(count * s.width), Activation::none,
                           const_rows<T>(from), const_stacked<T>(s.in, first * s.width * s.width),
                           const_stacked<T>(s.in_bias, first * s.width), rows<T>(s.projected, first * s.width)});
  });
  table.attention(runtime, attention_of<T>(s));
  table.linear(runtime,
               {s.grid(), grid::Index(s.width), grid::Index(s.width), Activation::none, const_rows<T>(s.attended),
                const_stacked<T>(s.out), const_stacked<T>(s.out_bias), rows<T>(output)});
}

// to: of target, source, in, in_bias, out, out_bias.
template <class T>
void multi_head_backward(grid::Runtime& runtime, const grid::Operations<T>& table, const SavedMultiHead& s,
                         const at::Tensor& gradient, const List& to) {
  const at::Tensor by_attended = at::empty_like(s.attended);
  const at::Tensor by_projected = at::empty_like(s.projected);
  const auto width = grid::Index(s.width);
  table.linear_backward(runtime, {s.grid(),
                                  width,
                                  width,
                                  Activation::none,
                                  const_rows<T>(s.attended),
                                  {},
                                  const_rows<T>(gradient),
                                  const_stacked<T>(s.out),
                                  rows<T>(by_attended),
                                  stacked<T>(to[4]),
                                  stacked<T>(to[5])});
  const grid::Attention<T> forward = attention_of<T>(s);
  grid::AttentionBackward<T> op;
  op.layout = forward.layout;
  op.heads = forward.heads;
  op.head_width = forward.head_width;
  op.scale = forward.scale;
  op.query = forward.query;
  op.key = forward.key;
  op.value = forward.value;
  op.gradient = const_rows<T>(by_attended);
  op.shares = forward.shares;
  op.to_query = rows<T>(by_projected);
  op.to_key = rows<T>(by_projected, s.width);
  op.to_value = rows<T>(by_projected, 2 * s.width);
  table.attention_backward(runtime, op);
  s.for_each_projection([&](const at::Tensor& from, std::int64_t first, std::int64_t count) {
    const std::int64_t weight = first * s.width * s.width;
    table.linear_backward(runtime, {s.grid(),
                                    width,
                                    grid::Index(count * s.width),
                                    Activation::none,
                                    const_rows<T>(from),
                                    {},
                                    const_rows<T>(by_projected, first * s.width),
                                    const_stacked<T>(s.in, weight),
                                    rows<T>(from.is_same(s.target) ? to[0] : to[1]),
                                    stacked<T>(to[2], weight),
                                    stacked<T>(to[3], first * s.width)});
  });
}

}  // namespace

at::Tensor multi_head(const at::Tensor& target, const at::Tensor& source, int heads, const MultiHeadWeights& weights,
                      const LayoutPtr& layout) {
  const List inputs = {
      target, source, weights.in.values, weights.in_bias.values, weights.out.values, weights.out_bias.values};
  SavedMultiHead s{target.size(1),
                   heads,
                   target.is_same(source),
                   weights.in.values.detach(),
                   weights.in_bias.values.detach(),
                   weights.out.values.detach(),
                   weights.out_bias.values.detach(),
                   target.detach().contiguous(),
                   source.detach().contiguous(),
                   {},
                   {},
                   {},
                   layout};
  const at::AutoDispatchBelowADInplaceOrView below;
  s.projected = empty_rows(target, 3 * s.width);
  s.attended = empty_rows(target, s.width);
  s.shares = empty_rows(target, heads * std::int64_t(s.grid().turns));
  const at::Tensor output = empty_rows(target, s.width);
  queue(target, [&]<class T>(grid::Runtime& runtime, const grid::Operations<T>& table, T) {
    multi_head_forward<T>(runtime, table, s, output);
  });
  return record(output, inputs, [s](const at::Tensor& gradient) {
    const List to = {at::empty_like(s.target), s.self ? at::Tensor() : at::empty_like(s.source),
                     at::empty_like(s.in),     at::empty_like(s.in_bias),
                     at::empty_like(s.out),    at::empty_like(s.out_bias)};
    queue(gradient, [&]<class T>(grid::Runtime& runtime, const grid::Operations<T>& table, T) {
      multi_head_backward<T>(runtime, table, s, gradient, to);
    });
    return to;
  });
}

// --- Poria's bilinear attention ---

at::Tensor bilinear(const at::Tensor& query, const at::Tensor& x, const LayoutPtr& layout) {
  struct Saved {
    at::Tensor query, x, shares, scores;
    LayoutPtr layout;
  };
  const at::AutoDispatchBelowADInplaceOrView below;
  const std::int64_t turns = layout->device->layout.turns;
  const Saved s{query.detach().contiguous(), x.detach().contiguous(), empty_rows(x, turns), empty_rows(x, turns),
                layout};
  const at::Tensor output = empty_rows(x, x.size(1));
  queue(x, [&]<class T>(grid::Runtime& runtime, const grid::Operations<T>& table, T) {
    table.attention(runtime, {layout->device->layout, 1, grid::Index(x.size(1)), 1.0, true, const_rows<T>(s.query),
                              const_rows<T>(s.x), const_rows<T>(s.x), rows<T>(output), s.shares.mutable_data_ptr<T>(),
                              s.scores.mutable_data_ptr<T>()});
  });
  return record(output, {query, x}, [s](const at::Tensor& gradient) {
    const at::Tensor to_query = at::empty_like(s.query);
    const at::Tensor key = at::empty_like(s.x);
    const at::Tensor value = at::empty_like(s.x);
    queue(gradient, [&]<class T>(grid::Runtime& runtime, const grid::Operations<T>& table, T) {
      table.attention_backward(
          runtime, {s.layout->device->layout, 1, grid::Index(s.x.size(1)), 1.0, true, const_rows<T>(s.query),
                    const_rows<T>(s.x), const_rows<T>(s.x), const_rows<T>(gradient), s.shares.const_data_ptr<T>(),
                    s.scores.const_data_ptr<T>(), rows<T>(to_query), rows<T>(key), rows<T>(value)});
    });
    return List{to_query, key + value};
  });
}

}  // namespace mer::model::on_gpu
