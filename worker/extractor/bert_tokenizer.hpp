// Tokenizer: a text as the ids of BERT's tokens, those of transformers.BertTokenizerFast.
//
// Threads: immutable; any may call. Errors: invalid: the vocabulary lacks a token that the tokenizer needs.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "worker/extractor/bert_config.hpp"
#include "worker/extractor/wordpiece.hpp"

namespace mer::extractor::bert {

class Tokenizer {
 public:
  // `name`: of the vocabulary, in messages. REQUIRES: most >= 3.
  static Result<Tokenizer> make(Vocabulary vocabulary, TokenizerConfig config, std::size_t most,
                                const std::string& name);

  // [CLS], the text's tokens, [SEP]; of a longer text its first ones, `most` in all.
  std::vector<TokenId> ids(std::string_view text) const;
  const TokenizerConfig& config() const { return config_; }

 private:
  struct Special {
    std::string text;
    TokenId id = 0;
  };
  struct Found {
    std::size_t at = std::string_view::npos;
    const Special* token = nullptr;
  };
  Tokenizer(Vocabulary vocabulary, TokenizerConfig config, std::size_t most);
  Found first_special(std::string_view text) const;

  Vocabulary vocabulary_;
  TokenizerConfig config_;
  std::size_t most_;
  std::vector<Special> special_;
  TokenId unknown_ = 0, begin_ = 0, end_ = 0;
};

}  // namespace mer::extractor::bert
