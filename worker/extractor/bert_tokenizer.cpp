#include "worker/extractor/bert_tokenizer.hpp"

#include <utility>

#include "core/quoting.hpp"

namespace mer::extractor::bert {

Tokenizer::Tokenizer(Vocabulary vocabulary, TokenizerConfig config, std::size_t most)
    : vocabulary_(std::move(vocabulary)), config_(std::move(config)), most_(most) {}

Result<Tokenizer> Tokenizer::make(Vocabulary vocabulary, TokenizerConfig config, std::size_t most,
                                  const std::string& name) {
  Tokenizer tokenizer(std::move(vocabulary), std::move(config), most);
  for (const std::string& text : tokenizer.config_.special()) {
    const std::optional<TokenId> id = tokenizer.vocabulary_.find(text);
    if (!id) return invalid(name + ": has no token " + quote(text) + ", which the tokenizer needs");
    tokenizer.special_.push_back({text, *id});
  }
  tokenizer.unknown_ = *tokenizer.vocabulary_.find(tokenizer.config_.unknown);
  tokenizer.begin_ = *tokenizer.vocabulary_.find(tokenizer.config_.begin);
  tokenizer.end_ = *tokenizer.vocabulary_.find(tokenizer.config_.end);
  return tokenizer;
}

// The longest one of those that stand first.
Tokenizer::Found Tokenizer::first_special(std::string_view text) const {
  Found first;
  for (const Special& token : special_) {
    const std::size_t at = text.find(token.text);
    if (at == std::string_view::npos) continue;
    const bool longer = at == first.at && token.text.size() > first.token->text.size();
    if (at < first.at || longer) first = {at, &token};
  }
  return first;
}

std::vector<TokenId> Tokenizer::ids(std::string_view text) const {
  std::vector<TokenId> ids = {begin_};
  for (bool more = true; more && ids.size() < most_;) {
    const Found special = first_special(text);
    for (const std::string& word : words_of(text.substr(0, special.at), config_.normalisation)) {
      if (ids.size() >= most_) break;
      append_pieces(ids, word, vocabulary_, unknown_);
    }
    more = special.token != nullptr;
    if (more) ids.push_back(special.token->id);
    if (more) text.remove_prefix(special.at + special.token->text.size());
  }
  if (ids.size() >= most_) ids.resize(most_ - 1);
  ids.push_back(end_);
  return ids;
}

}  // namespace mer::extractor::bert
