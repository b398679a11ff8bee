#include "model/attention.hpp"

#include <ATen/ATen.h>
#include <cmath>
#include <torch/csrc/autograd/custom_function.h>

namespace mer::model {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Rows [begin, begin + turns) of [rows, width] as [heads, turns, width / heads]; a view.
at::Tensor heads_of(const at::Tensor& rows, std::int64_t begin, std::int64_t turns, std::int64_t heads) {
  return rows.narrow(0, begin, turns).unflatten(1, {heads, rows.size(1) / heads}).transpose(0, 1);
}

// One node of the autograd graph for all dialogues of a slot: a node each would cost more than their arithmetic.
struct Attend : torch::autograd::Function<Attend> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& query, const at::Tensor& key,
                            const at::Tensor& value, const std::vector<std::int64_t>& dialogues, std::int64_t heads,
                            double scale, bool squash) {
    at::Tensor output = at::empty({value.size(0), value.size(1)}, value.options());
    std::vector<at::Tensor> saved = {query, key, value};
    for (std::size_t d = 0; d + 1 < dialogues.size(); ++d) {
      const std::int64_t begin = dialogues[d];
      const std::int64_t turns = dialogues[d + 1] - begin;
      at::Tensor scores =
          at::bmm(heads_of(query, begin, turns, heads), heads_of(key, begin, turns, heads).transpose(1, 2));
      scores.mul_(scale);
      if (squash) scores.tanh_();
      const at::Tensor shares = at::_softmax(scores, -1, false);
      heads_of(output, begin, turns, heads).copy_(at::bmm(shares, heads_of(value, begin, turns, heads)));
      saved.push_back(shares);
      if (squash) saved.push_back(scores);
    }
    context->save_for_backward(saved);
    context->saved_data["dialogues"] = dialogues;
    context->saved_data["heads"] = heads;
    context->saved_data["scale"] = scale;
    context->saved_data["squash"] = squash;
    return output;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const std::vector<std::int64_t> dialogues = context->saved_data["dialogues"].toIntVector();
    const std::int64_t heads = context->saved_data["heads"].toInt();
    const double scale = context->saved_data["scale"].toDouble();
    const bool squash = context->saved_data["squash"].toBool();
    const at::Tensor outer = gradients[0].contiguous();
    const at::Tensor query = at::empty(outer.sizes(), outer.options());
    const at::Tensor key = at::empty(outer.sizes(), outer.options());
    const at::Tensor value = at::empty(outer.sizes(), outer.options());
    std::size_t next = 3;
    for (std::size_t d = 0; d + 1 < dialogues.size(); ++d) {
      const std::int64_t begin = dialogues[d];
      const std::int64_t turns = dialogues[d + 1] - begin;
      const at::Tensor& shares = saved[next++];
      const at::Tensor gradient = heads_of(outer, begin, turns, heads);
      heads_of(value, begin, turns, heads).copy_(at::bmm(shares.transpose(1, 2), gradient));
      const at::Tensor by_share = at::bmm(gradient, heads_of(saved[2], begin, turns, heads).transpose(1, 2));
      at::Tensor by_score = at::_softmax_backward_data(by_share, shares, -1, shares.scalar_type());
      if (squash) by_score = at::tanh_backward(by_score, saved[next++]);
      by_score.mul_(scale);
      heads_of(query, begin, turns, heads).copy_(at::bmm(by_score, heads_of(saved[1], begin, turns, heads)));
      heads_of(key, begin, turns, heads)
          .copy_(at::bmm(by_score.transpose(1, 2), heads_of(saved[0], begin, turns, heads)));
    }
    return {query, key, value, {}, {}, {}, {}};
  }
};

// Sinusoidal position of each row's turn (Vaswani et al. 2017): sin in even features, cos in odd ones.
at::Tensor positions_of(const SlotRows& rows, const at::Tensor& like) {
  const std::int64_t width = like.size(1);
  at::Tensor positions = at::empty({rows.rows(), width}, at::kDouble);
  double* out = positions.mutable_data_ptr<double>();
  for (std::size_t d = 0; d + 1 < rows.dialogues.size(); ++d) {
    for (std::int64_t turn = 0; turn < rows.dialogues[d + 1] - rows.dialogues[d]; ++turn) {
      for (std::int64_t feature = 0; feature < width; ++feature) {
        const double angle = double(turn) / std::pow(10000.0, double(feature / 2 * 2) / double(width));
        *out++ = feature % 2 == 0 ? std::sin(angle) : std::cos(angle);
      }
    }
  }
  return positions.to(like.scalar_type());
}

PerSlot with_positions(const PerSlot& x, const std::vector<SlotRows>& rows) {
  PerSlot result(x.size());
  for (std::size_t slot = 0; slot < x.size(); ++slot) {
    if (x[slot].defined()) result[slot] = x[slot] + positions_of(rows[slot], x[slot]);
  }
  return result;
}

}  // namespace

at::Tensor attend(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                  const std::vector<std::int64_t>& dialogues, int heads, double scale, bool squash) {
  return Attend::apply(query, key, value, dialogues, std::int64_t{heads}, scale, squash);
}

// PyTorch: Xavier-uniform in-projection of [3 width, width], zero biases, out-projection as nn.Linear.
MultiHeadAttention::MultiHeadAttention(Parameters& parameters, const std::string& name, int width, int heads)
    : width_(width),
      heads_(heads),
      in_weight_(parameters.add(name + ".in_proj_weight", {3 * width, width}, std::sqrt(6.0 / (4 * width)))),
      in_bias_(parameters.add(name + ".in_proj_bias", {3 * width}, 0)),
      out_weight_(parameters.add(name + ".out_proj.weight", {width, width}, 1 / std::sqrt(double(width)))),
      out_bias_(parameters.add(name + ".out_proj.bias", {width}, 0)) {}

PerSlot MultiHeadAttention::operator()(const PerSlot& target, const PerSlot& source,
                                       const std::vector<SlotRows>& rows) const {
  PerSlot result(target.size());
  const double scale = 1 / std::sqrt(double(width_) / heads_);
  for (std::size_t slot = 0; slot < target.size(); ++slot) {
    if (!target[slot].defined()) continue;
    const auto weights = in_weight_[slot].split_with_sizes({width_, 2 * width_}, 0);
    const auto biases = in_bias_[slot].split_with_sizes({width_, 2 * width_}, 0);
    const at::Tensor query = at::linear(target[slot], weights[0], biases[0]);
    const auto key_value = at::linear(source[slot], weights[1], biases[1]).split(width_, 1);
    const at::Tensor heads =
        attend(query, key_value[0], key_value[1], rows[slot].dialogues, heads_, scale, /*squash=*/false);
    result[slot] = at::linear(heads, out_weight_[slot], out_bias_[slot]);
  }
  return result;
}

BilinearAttention::BilinearAttention(Parameters& parameters, const std::string& name, int width)
    : weight_(parameters.add(name + ".weight", {width, width}, 1 / std::sqrt(double(width)))) {}

PerSlot BilinearAttention::operator()(const PerSlot& x, const std::vector<SlotRows>& rows) const {
  PerSlot result(x.size());
  for (std::size_t slot = 0; slot < x.size(); ++slot) {
    if (!x[slot].defined()) continue;
    const at::Tensor query = at::linear(x[slot], weight_[slot]);  // row q: W x_q
    result[slot] = attend(query, x[slot], x[slot], rows[slot].dialogues, 1, 1.0, /*squash=*/true);
  }
  return result;
}

SelfAttention::SelfAttention(Parameters& parameters, const std::string& name, const ModelSettings& settings,
                             std::uint32_t dropout_layer)
    : residual_(settings.self_attention_residual), dropout_layer_(dropout_layer) {
  if (settings.self_attention_form == AttentionForm::multi_head) {
    multi_head_.emplace(parameters, name, settings.hidden, settings.heads);
  } else {
    bilinear_.emplace(parameters, name, settings.hidden);
  }
}

PerSlot SelfAttention::operator()(const PerSlot& x, const std::vector<SlotRows>& rows,
                                  const std::vector<SlotSettings>& settings) const {
  const PerSlot attended = multi_head_ ? (*multi_head_)(x, x, rows) : (*bilinear_)(x, rows);
  const PerSlot dropped = dropout(attended, dropout_layer_, rows, settings);
  return residual_ ? add(x, dropped) : dropped;
}

CrossAttention::CrossAttention(Parameters& parameters, const std::string& name, const ModelSettings& settings,
                               std::uint32_t dropout_layer, std::uint32_t feed_forward_dropout_layer)
    : attention_(parameters, name, settings.hidden, settings.heads),
      residual_(settings.cross_attention_residual),
      positions_(settings.cross_attention_positions),
      feed_forward_(settings.cross_attention_feed_forward),
      dropout_layer_(dropout_layer),
      feed_forward_dropout_layer_(feed_forward_dropout_layer) {
  if (!feed_forward_) return;
  widen_ = Linear(parameters, name + ".feed_forward.0", settings.hidden, 4 * settings.hidden);
  narrow_ = Linear(parameters, name + ".feed_forward.1", 4 * settings.hidden, settings.hidden);
}

PerSlot CrossAttention::operator()(const PerSlot& target, const PerSlot& source, const std::vector<SlotRows>& rows,
                                   const std::vector<SlotSettings>& settings) const {
  const PerSlot query = positions_ ? with_positions(target, rows) : target;
  const PerSlot keys = positions_ ? with_positions(source, rows) : source;
  PerSlot enhanced = dropout(attention_(query, keys, rows), dropout_layer_, rows, settings);
  if (residual_) enhanced = add(query, enhanced);
  if (!feed_forward_) return enhanced;
  const PerSlot wide = map([](const at::Tensor& x) { return at::relu(x); }, widen_(enhanced));
  return add(enhanced, dropout(narrow_(wide), feed_forward_dropout_layer_, rows, settings));
}

}  // namespace mer::model
