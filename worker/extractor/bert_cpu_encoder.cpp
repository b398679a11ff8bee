#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <torch/headeronly/version.h>
#include <utility>

#include "worker/extractor/bert_batches.hpp"
#include "worker/extractor/bert_encoder.hpp"
#include "worker/extractor/bert_weights.hpp"
#include "worker/extractor/compute_alone.hpp"

namespace mer::extractor::bert {
namespace {

constexpr std::size_t kMostTokens = 1024;  // at a time, but for a text of more
constexpr std::size_t kTextsAtOnce = 32;

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

// What a batch looks up: its texts' tokens, one text after the other.
struct Tokens {
  std::vector<std::int64_t> ids, positions;
  std::vector<Run> runs;

  void add(const std::vector<TokenId>& text) {
    const auto length = std::int64_t(text.size());
    if (runs.empty() || runs.back().length != length) runs.push_back({std::int64_t(ids.size()), 0, length});
    ++runs.back().texts;
    ids.insert(ids.end(), text.begin(), text.end());
    for (std::int64_t position = 0; position < length; ++position) positions.push_back(position);
  }
};

class CpuEncoder : public Encoder {
 public:
  CpuEncoder(const ModelConfig& config, ModelWeights model) : config_(config), model_(std::move(model)) {}

  std::vector<std::vector<float>> means(std::span<const std::vector<TokenId>> texts) const override {
    compute_alone();
    const c10::InferenceMode no_gradients;
    std::vector<std::vector<float>> means(texts.size());
    for (const Batch& batch : batches_of(texts, kMostTokens)) {
      Tokens tokens;
      for (const std::size_t text : batch.texts) tokens.add(texts[text]);
      const at::Tensor hidden = last_layer(tokens);
      std::int64_t begin = 0;
      for (const std::size_t text : batch.texts) {
        const auto length = std::int64_t(texts[text].size());
        const at::Tensor mean = hidden.narrow(0, begin, length).mean(0);
        const float* const values = mean.const_data_ptr<float>();
        means[text].assign(values, values + mean.numel());
        begin += length;
      }
    }
    return means;
  }

  std::size_t texts_at_once() const override { return kTextsAtOnce; }
  std::pair<std::string, std::string> library() const override { return {"libtorch", TORCH_VERSION}; }

 private:
  at::Tensor last_layer(const Tokens& tokens) const {
    at::Tensor hidden = model_.words.index_select(0, at::tensor(tokens.ids));
    hidden.add_(model_.positions.index_select(0, at::tensor(tokens.positions)));
    hidden = normed(hidden, model_.norm, config_.epsilon);
    for (const LayerWeights& layer : model_.layers) hidden = after(layer, hidden, tokens.runs);
    return hidden;
  }

  at::Tensor after(const LayerWeights& layer, const at::Tensor& input, const std::vector<Run>& runs) const {
    const at::Tensor projected = at::linear(input, layer.attention.weight, layer.attention.bias);
    at::Tensor hidden = at::linear(attention(projected, runs, config_.heads), layer.attention_output.weight,
                                   layer.attention_output.bias);
    hidden = normed(hidden.add_(input), layer.attention_norm, config_.epsilon);
    at::Tensor wide = at::linear(hidden, layer.intermediate.weight, layer.intermediate.bias);
    activate(wide, config_.activation);
    at::Tensor output = at::linear(wide, layer.output.weight, layer.output.bias);
    return normed(output.add_(hidden), layer.output_norm, config_.epsilon);
  }

  ModelConfig config_;
  ModelWeights model_;
};

}  // namespace

Result<std::unique_ptr<const Encoder>> encoder_on_cpu(const Folder& folder) {
  MER_ASSIGN(ModelWeights model, read_weights(folder));
  return std::unique_ptr<const Encoder>(std::make_unique<const CpuEncoder>(folder.config, std::move(model)));
}

}  // namespace mer::extractor::bert
