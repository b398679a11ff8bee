#include "model/attention.hpp"

#include <ATen/ATen.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <cmath>

#include "model/device/ops.hpp"
#include "model/node.hpp"

namespace mer::model {

namespace {

// One head over the whole width, tanh of the products: query and x, which is key and value.
struct Bilinear {
  at::Tensor query, x;
  std::vector<at::Tensor> shares, scores;  // by slot
  LayoutPtr layout;
};

template <class T>
void forward(Bilinear& op, const at::Tensor& output) {
  for (const SlotRows& part : op.layout->slots) {
    const std::int64_t elements = kernels::attention_elements(part.dialogues, 1);
    op.shares.push_back(at::empty({elements}, output.scalar_type()));
    op.scores.push_back(at::empty({elements}, output.scalar_type()));
    const Matrix<const T> x = const_matrix<T>(op.x, part.begin);
    kernels::kernels<T>().attention({part.dialogues, 1, op.x.size(1), 1.0, true, const_matrix<T>(op.query, part.begin),
                                     x, x, matrix<T>(output, part.begin), op.shares.back().mutable_data_ptr<T>(),
                                     op.scores.back().mutable_data_ptr<T>()});
  }
}

template <class T>
void backward(const Bilinear& op, const at::Tensor& gradient, const at::Tensor& query, const at::Tensor& key,
              const at::Tensor& value) {
  for (std::size_t slot = 0; slot < op.layout->slots.size(); ++slot) {
    const SlotRows& part = op.layout->slots[slot];
    const Matrix<const T> x = const_matrix<T>(op.x, part.begin);
    kernels::kernels<T>().attention_backward(
        {part.dialogues, 1, op.x.size(1), 1.0, true, const_matrix<T>(op.query, part.begin), x, x,
         const_matrix<T>(gradient, part.begin), op.shares[slot].const_data_ptr<T>(),
         op.scores[slot].const_data_ptr<T>(), matrix<T>(query, part.begin), matrix<T>(key, part.begin),
         matrix<T>(value, part.begin)});
  }
}

// Sinusoidal position of each row's turn (Vaswani et al. 2017): sin in even features, cos in odd ones.
at::Tensor positions_of(const LayoutPtr& batch, const at::Tensor& like) {
  if (batch->device) return on_gpu::positions(like, batch);
  const Layout& layout = *batch;
  const std::int64_t width = like.size(1);
  at::Tensor positions = at::zeros({layout.rows(), width}, at::kDouble);
  for (const SlotRows& part : layout.slots) {
    double* out = positions.mutable_data_ptr<double>() + part.begin * width;
    for (std::size_t d = 0; d + 1 < part.dialogues.size(); ++d) {
      for (std::int64_t turn = 0; turn < part.dialogues[d + 1] - part.dialogues[d]; ++turn) {
        for (std::int64_t feature = 0; feature < width; ++feature) {
          const double angle = double(turn) / std::pow(10000.0, double(feature / 2 * 2) / double(width));
          *out++ = feature % 2 == 0 ? std::sin(angle) : std::cos(angle);
        }
      }
    }
  }
  return positions.to(like.scalar_type());
}

}  // namespace

BilinearAttention::BilinearAttention(Parameters& parameters, const std::string& name, int width)
    : weight_(parameters.add(name + ".weight", {width, width}, 1 / std::sqrt(double(width)))) {}

at::Tensor BilinearAttention::operator()(const at::Tensor& x, const LayoutPtr& layout) const {
  const at::Tensor query = linear(x, weight_, nullptr, Activation::none, layout);  // row q: W x_q
  if (layout->device) return on_gpu::bilinear(query, x, layout);
  Bilinear op{query.detach(), x.detach().contiguous(), {}, {}, layout};
  at::Tensor output;
  {
    const at::AutoDispatchBelowADInplaceOrView below;
    output = at::empty({x.size(0), x.size(1)}, x.scalar_type());
    with_type(x.scalar_type(), [&]<class T>(T) { forward<T>(op, output); });
  }
  return record(output, {query, x}, [op](const at::Tensor& gradient) {
    const at::Tensor of_query = at::empty_like(op.query);
    const at::Tensor key = at::empty_like(op.x);
    const at::Tensor value = at::empty_like(op.x);
    with_type(gradient.scalar_type(), [&]<class T>(T) { backward<T>(op, gradient, of_query, key, value); });
    return std::vector<at::Tensor>{of_query, key + value};
  });
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

at::Tensor SelfAttention::operator()(const at::Tensor& x, const LayoutPtr& layout,
                                     const std::vector<SlotSettings>& settings) const {
  const at::Tensor attended = multi_head_ ? (*multi_head_)(x, x, layout) : (*bilinear_)(x, layout);
  const at::Tensor dropped = dropout(attended, dropout_layer_, layout, settings);
  return residual_ ? x + dropped : dropped;
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
  widen_ = Linear(parameters, name + ".feed_forward.0", settings.hidden, 4 * settings.hidden, Activation::relu);
  narrow_ = Linear(parameters, name + ".feed_forward.1", 4 * settings.hidden, settings.hidden);
}

at::Tensor CrossAttention::operator()(const at::Tensor& target, const at::Tensor& source, const LayoutPtr& layout,
                                      const std::vector<SlotSettings>& settings) const {
  const at::Tensor positions = positions_ ? positions_of(layout, target) : at::Tensor();
  const at::Tensor query = positions_ ? target + positions : target;
  const at::Tensor keys = positions_ ? source + positions : source;
  at::Tensor enhanced = dropout(attention_(query, keys, layout), dropout_layer_, layout, settings);
  if (residual_) enhanced = query + enhanced;
  if (!feed_forward_) return enhanced;
  return enhanced + dropout(narrow_(widen_(enhanced, layout), layout), feed_forward_dropout_layer_, layout, settings);
}

}  // namespace mer::model
