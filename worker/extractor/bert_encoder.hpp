// Encoder: BERT's layers (Devlin et al., 2019) in float32, on the CPU or on a GPU.
//
// Texts are not padded: the tokens of several stand one after the other, so that a layer is a few products of matrices
// over all of them; only attention goes text by text. Threads: any may call. A text's result differs by rounding alone
// with those that it is computed beside. Errors: corrupt: tensors that are missing or not as config.json says, naming
// file and tensor.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "model/grid/runtime.hpp"
#include "worker/extractor/bert_folder.hpp"

namespace mer::extractor::bert {

class Encoder {
 public:
  virtual ~Encoder() = default;

  // Of each text the mean over its tokens in the last layer; as many numbers as the model's hidden size. REQUIRES: each
  // has from 1 to as many tokens as the model has positions; their ids are of its vocabulary.
  virtual std::vector<std::vector<float>> means(std::span<const std::vector<TokenId>> texts) const = 0;

  virtual std::size_t texts_at_once() const = 0;                    // that are best computed together
  virtual std::pair<std::string, std::string> library() const = 0;  // that computes: its name and version
};

// The weights are copied: the folder's file may go.
// On the thread that calls, with memory of its own.
Result<std::unique_ptr<const Encoder>> encoder_on_cpu(const Folder& folder);
// One call after the other.
Result<std::unique_ptr<const Encoder>> encoder_on_grid(const Folder& folder, std::shared_ptr<grid::Runtime> runtime);

}  // namespace mer::extractor::bert
