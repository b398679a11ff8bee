// The settings of a BERT model and of its tokenizer, from the texts of config.json and tokenizer_config.json.
//
// Keys that decide nothing here are passed over; one that says that the model is computed otherwise than here is an
// error. Threads: pure functions. Errors: invalid: file, key, value, and what was expected.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "worker/extractor/bert_normaliser.hpp"

namespace mer::extractor::bert {

enum class Activation { gelu, gelu_new, relu };

struct ModelConfig {
  std::int64_t hidden = 0, layers = 0, heads = 0, intermediate = 0;
  std::int64_t vocabulary = 0, token_types = 0, positions = 0;  // rows of the embeddings
  Activation activation = Activation::gelu;
  double epsilon = 0;  // of the layer norms
};
// `name` stands in messages.
Result<ModelConfig> parse_model_config(std::string_view text, const std::string& name);

struct TokenizerConfig {
  Normalisation normalisation;
  // Where one of them stands in a text it is itself, not words.
  std::string unknown = "[UNK]", begin = "[CLS]", end = "[SEP]", padding = "[PAD]", mask = "[MASK]";

  std::array<std::string, 5> special() const { return {unknown, begin, end, padding, mask}; }
};
Result<TokenizerConfig> parse_tokenizer_config(std::string_view text, const std::string& name);

}  // namespace mer::extractor::bert
