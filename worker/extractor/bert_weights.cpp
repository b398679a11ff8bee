#include "worker/extractor/bert_weights.hpp"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "core/quoting.hpp"

namespace mer::extractor::bert {
namespace {

using Shape = std::vector<std::int64_t>;

std::string text_of(const Shape& shape) {
  std::string text;
  for (const std::int64_t extent : shape) text += (text.empty() ? "[" : ", ") + std::to_string(extent);
  return text + "]";
}

std::optional<at::ScalarType> scalar_type_of(data::TensorType type) {
  switch (type) {
    case data::TensorType::f32: return at::kFloat;
    case data::TensorType::f16: return at::kHalf;
    case data::TensorType::bf16: return at::kBFloat16;
    default: return std::nullopt;
  }
}

// gamma and beta are what older files call the weight and the bias of a layer norm.
std::string older_name(std::string name) {
  for (const auto& [now, before] :
       {std::pair("LayerNorm.weight", "LayerNorm.gamma"), std::pair("LayerNorm.bias", "LayerNorm.beta")}) {
    const std::size_t at = name.find(now);
    if (at != std::string::npos) return name.replace(at, std::string::npos, before);
  }
  return name;
}

class Reader {
 public:
  explicit Reader(const Folder& folder) : folder_(folder) {
    const auto& tensors = folder.weights.tensors();
    if (tensors.contains("bert.embeddings.word_embeddings.weight")) prefix_ = "bert.";
  }

  Result<at::Tensor> tensor(const std::string& name, const Shape& shape) const {
    const auto& tensors = folder_.weights.tensors();
    auto found = tensors.find(prefix_ + name);
    if (found == tensors.end()) found = tensors.find(prefix_ + older_name(name));
    if (found == tensors.end()) return problem(name, "is missing, expected " + text_of(shape));
    const data::TensorView& view = found->second;
    if (view.shape != shape) {
      return problem(name,
                     "has the shape " + text_of(view.shape) + ", expected " + text_of(shape) + " as config.json says");
    }
    const std::optional<at::ScalarType> type = scalar_type_of(view.type);
    if (!type) return problem(name, "is of another type than F32, F16 or BF16");
    at::Tensor tensor = at::empty(shape, *type);
    std::memcpy(tensor.mutable_data_ptr(), view.bytes.data(), view.bytes.size());
    return tensor.to(at::kFloat);
  }

  Result<Linear> linear(const std::string& name, std::int64_t out, std::int64_t in) const {
    Linear linear;
    MER_ASSIGN(linear.weight, tensor(name + ".weight", {out, in}));
    MER_ASSIGN(linear.bias, tensor(name + ".bias", {out}));
    return linear;
  }

  Result<Linear> norm(const std::string& name) const {
    const std::int64_t hidden = folder_.config.hidden;
    Linear norm;
    MER_ASSIGN(norm.weight, tensor(name + ".LayerNorm.weight", {hidden}));
    MER_ASSIGN(norm.bias, tensor(name + ".LayerNorm.bias", {hidden}));
    return norm;
  }

  Result<LayerWeights> layer(std::int64_t index) const {
    const std::int64_t hidden = folder_.config.hidden, wide = folder_.config.intermediate;
    const std::string name = "encoder.layer." + std::to_string(index) + ".";
    MER_ASSIGN(const Linear query, linear(name + "attention.self.query", hidden, hidden));
    MER_ASSIGN(const Linear key, linear(name + "attention.self.key", hidden, hidden));
    MER_ASSIGN(const Linear value, linear(name + "attention.self.value", hidden, hidden));
    LayerWeights layer;
    layer.attention = {at::cat({query.weight, key.weight, value.weight}), at::cat({query.bias, key.bias, value.bias})};
    MER_ASSIGN(layer.attention_output, linear(name + "attention.output.dense", hidden, hidden));
    MER_ASSIGN(layer.attention_norm, norm(name + "attention.output"));
    MER_ASSIGN(layer.intermediate, linear(name + "intermediate.dense", wide, hidden));
    MER_ASSIGN(layer.output, linear(name + "output.dense", hidden, wide));
    MER_ASSIGN(layer.output_norm, norm(name + "output"));
    return layer;
  }

 private:
  Error problem(const std::string& name, const std::string& what) const {
    return {ErrorCode::corrupt, folder_.weights_path + ": tensor " + quote(prefix_ + name) + " " + what};
  }

  const Folder& folder_;
  std::string prefix_;
};

}  // namespace

Result<ModelWeights> read_weights(const Folder& folder) {
  const c10::InferenceMode no_gradients;
  const ModelConfig& config = folder.config;
  const Reader reader(folder);
  ModelWeights weights;
  MER_ASSIGN(weights.words, reader.tensor("embeddings.word_embeddings.weight", {config.vocabulary, config.hidden}));
  MER_ASSIGN(const at::Tensor positions,
             reader.tensor("embeddings.position_embeddings.weight", {config.positions, config.hidden}));
  MER_ASSIGN(const at::Tensor types,
             reader.tensor("embeddings.token_type_embeddings.weight", {config.token_types, config.hidden}));
  weights.positions = positions + types[0];
  MER_ASSIGN(weights.norm, reader.norm("embeddings"));
  for (std::int64_t index = 0; index < config.layers; ++index) {
    MER_ASSIGN(LayerWeights layer, reader.layer(index));
    weights.layers.push_back(std::move(layer));
  }
  return weights;
}

}  // namespace mer::extractor::bert
