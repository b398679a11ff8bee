// Encoder: BERT's layers (Devlin et al., 2019), in float32 on the CPU.
//
// Texts are not padded: the tokens of several stand one after the other, so that a layer is a few products of matrices
// over all of them; only attention goes text by text. Threads: any may call; each computes alone, with memory of its
// own. A text's result differs by rounding alone with those that it is computed beside. Errors: corrupt: tensors that
// are missing or not as config.json says, naming file and tensor.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "core/result.hpp"
#include "worker/extractor/bert_folder.hpp"

namespace mer::extractor::bert {

class Encoder {
 public:
  // Copies the weights: the folder's file may go.
  static Result<Encoder> load(const Folder& folder);
  Encoder(Encoder&&) noexcept;
  ~Encoder();

  // Of each text the mean over its tokens in the last layer; as many numbers as the model's hidden size. REQUIRES: each
  // has from 1 to as many tokens as the model has positions; their ids are of its vocabulary.
  std::vector<std::vector<float>> means(std::span<const std::vector<TokenId>> texts) const;

 private:
  struct Weights;
  explicit Encoder(std::unique_ptr<const Weights> weights);

  std::unique_ptr<const Weights> weights_;
};

}  // namespace mer::extractor::bert
