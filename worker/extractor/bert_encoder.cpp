#include "worker/extractor/bert_encoder.hpp"

#include <ATen/ATen.h>
#include <algorithm>
#include <c10/core/InferenceMode.h>
#include <numeric>
#include <utility>

#include "worker/extractor/bert_weights.hpp"
#include "worker/extractor/compute_alone.hpp"

namespace mer::extractor::bert {
namespace {

constexpr std::int64_t kMostTokens = 1024;  // at a time, but for a text of more

// Texts of one length that stand one after the other.
struct Run {
  std::int64_t begin = 0, texts = 0, length = 0;
  std::int64_t tokens() const { return texts * length; }
};

at::Tensor normed(const at::Tensor& input, const Linear& norm, double epsilon) {
  return at::layer_norm(input, norm.bias.sizes(), norm.weight, norm.bias, epsilon);
}

void activate(at::Tensor& values, Activation activation) {
  switch (activation) {
    case Activation::gelu: at::gelu_(values); return;
    case Activation::gelu_new: at::gelu_(values, "tanh"); return;
    case Activation::relu: at::relu_(values); return;
  }
}

// `projected`: query, key and value of each token, side by side.
at::Tensor attention(const at::Tensor& projected, const std::vector<Run>& runs, std::int64_t heads) {
  const std::int64_t hidden = projected.size(1) / 3;
  at::Tensor context = at::empty({projected.size(0), hidden}, projected.options());
  for (const Run& run : runs) {
    const auto parts = projected.narrow(0, run.begin, run.tokens())
                           .view({run.texts, run.length, 3, heads, hidden / heads})
                           .permute({2, 0, 3, 1, 4})
                           .unbind(0);
    const at::Tensor result = at::scaled_dot_product_attention(parts[0], parts[1], parts[2]);
    context.narrow(0, run.begin, run.tokens())
        .view({run.texts, run.length, heads, hidden / heads})
        .copy_(result.transpose(1, 2));
  }
  return context;
}

}  // namespace

struct Encoder::Weights {
  ModelConfig config;
  ModelWeights model;

  // Of the texts, each after the one before: the last layer. `runs` are theirs.
  at::Tensor last_layer(const std::vector<std::int64_t>& ids, const std::vector<std::int64_t>& positions,
                        const std::vector<Run>& runs) const {
    at::Tensor hidden = model.words.index_select(0, at::tensor(ids));
    hidden.add_(model.positions.index_select(0, at::tensor(positions)));
    hidden = normed(hidden, model.norm, config.epsilon);
    for (const LayerWeights& layer : model.layers) hidden = after(layer, hidden, runs);
    return hidden;
  }

  at::Tensor after(const LayerWeights& layer, const at::Tensor& input, const std::vector<Run>& runs) const {
    const at::Tensor projected = at::linear(input, layer.attention.weight, layer.attention.bias);
    at::Tensor hidden = at::linear(attention(projected, runs, config.heads), layer.attention_output.weight,
                                   layer.attention_output.bias);
    hidden = normed(hidden.add_(input), layer.attention_norm, config.epsilon);
    at::Tensor wide = at::linear(hidden, layer.intermediate.weight, layer.intermediate.bias);
    activate(wide, config.activation);
    at::Tensor output = at::linear(wide, layer.output.weight, layer.output.bias);
    return normed(output.add_(hidden), layer.output_norm, config.epsilon);
  }
};

Encoder::Encoder(std::unique_ptr<const Weights> weights) : weights_(std::move(weights)) {}
Encoder::Encoder(Encoder&&) noexcept = default;
Encoder::~Encoder() = default;

Result<Encoder> Encoder::load(const Folder& folder) {
  MER_ASSIGN(ModelWeights model, read_weights(folder));
  return Encoder(std::make_unique<const Weights>(Weights{folder.config, std::move(model)}));
}

std::vector<std::vector<float>> Encoder::means(std::span<const std::vector<TokenId>> texts) const {
  compute_alone();
  const c10::InferenceMode no_gradients;
  std::vector<std::size_t> order(texts.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&](std::size_t text) { return texts[text].size(); });

  std::vector<std::vector<float>> means(texts.size());
  for (std::size_t first = 0; first < order.size();) {
    std::vector<std::int64_t> ids, positions;
    std::vector<Run> runs;
    std::size_t last = first;
    for (; last < order.size(); ++last) {
      const std::vector<TokenId>& text = texts[order[last]];
      const auto length = std::int64_t(text.size());
      if (last > first && std::int64_t(ids.size()) + length > kMostTokens) break;
      if (runs.empty() || runs.back().length != length) runs.push_back({std::int64_t(ids.size()), 0, length});
      ++runs.back().texts;
      ids.insert(ids.end(), text.begin(), text.end());
      for (std::int64_t position = 0; position < length; ++position) positions.push_back(position);
    }
    const at::Tensor hidden = weights_->last_layer(ids, positions, runs);
    std::int64_t begin = 0;
    for (; first < last; ++first) {
      const auto length = std::int64_t(texts[order[first]].size());
      const at::Tensor mean = hidden.narrow(0, begin, length).mean(0);
      const float* const values = mean.const_data_ptr<float>();
      means[order[first]].assign(values, values + mean.numel());
      begin += length;
    }
  }
  return means;
}

}  // namespace mer::extractor::bert
