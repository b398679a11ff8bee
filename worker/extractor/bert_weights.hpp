// The weights of a BERT model as tensors, from a safetensors file.
//
// The names are transformers' (encoder.layer.0.attention.self.query.weight, ...), all with "bert." in front or none;
// layer norms may have gamma and beta. F16 and BF16 become float32. Threads: pure function. Errors: corrupt: a tensor
// that is missing or not as the config says.
#pragma once

#include <ATen/core/Tensor.h>
#include <vector>

#include "core/result.hpp"
#include "worker/extractor/bert_folder.hpp"

namespace mer::extractor::bert {

struct Linear {
  at::Tensor weight, bias;  // [out, in], [out]
};

struct LayerWeights {
  Linear attention;         // query, key and value, one below the other
  Linear attention_output;  // back to the hidden size
  Linear attention_norm;
  Linear intermediate, output;
  Linear output_norm;
};

struct ModelWeights {
  at::Tensor words;      // [vocabulary, hidden]
  at::Tensor positions;  // [positions, hidden], with the first token type's row added to each
  Linear norm;
  std::vector<LayerWeights> layers;
};
Result<ModelWeights> read_weights(const Folder& folder);

}  // namespace mer::extractor::bert
