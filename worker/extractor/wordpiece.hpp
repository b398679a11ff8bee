// WordPiece: a word as the longest tokens of a vocabulary, from left to right.
//
// Threads: immutable; any may read. Errors: invalid: a vocabulary that is none, naming file and line.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/result.hpp"

namespace mer::extractor::bert {

using TokenId = std::int32_t;

class Vocabulary {
 public:
  // `bytes` of a vocab.txt: a token in each line, its id the number of the lines before. Of a token that stands there
  // twice, the last id counts. `name` stands in messages.
  static Result<Vocabulary> parse(std::string_view bytes, const std::string& name);

  std::size_t size() const { return size_; }  // lines
  std::optional<TokenId> find(std::string_view token) const { return find_in(tokens_, token); }
  // Of the token "##" + piece, which goes on with a word.
  std::optional<TokenId> find_inside(std::string_view piece) const { return find_in(pieces_, piece); }
  std::size_t longest() const { return longest_; }  // bytes of the longest token

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  using Ids = std::unordered_map<std::string, TokenId, Hash, std::equal_to<>>;
  static std::optional<TokenId> find_in(const Ids& ids, std::string_view token);

  Ids tokens_, pieces_;
  std::size_t size_ = 0, longest_ = 0;
};

// Appends the ids of the word's tokens; `unknown` alone where there are none for the whole word, or where it has more
// than 100 characters. REQUIRES: the word is UTF-8, not empty.
void append_pieces(std::vector<TokenId>& ids, std::string_view word, const Vocabulary& vocabulary, TokenId unknown);

}  // namespace mer::extractor::bert
