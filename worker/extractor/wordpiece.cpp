#include "worker/extractor/wordpiece.hpp"

#include <algorithm>
#include <limits>

#include "core/utf8.hpp"

namespace mer::extractor::bert {
namespace {

constexpr std::string_view kInside = "##";
constexpr std::ptrdiff_t kMostCharacters = 100;  // max_input_chars_per_word

bool begins_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
}

struct Piece {
  TokenId id;
  std::size_t end;
};

// The longest token that stands at `begin`.
std::optional<Piece> longest_at(std::string_view word, std::size_t begin, const Vocabulary& vocabulary) {
  std::size_t end = std::min(word.size(), begin + vocabulary.longest());
  for (; end > begin; --end) {
    if (end < word.size() && !begins_character(word[end])) continue;
    const std::string_view piece = word.substr(begin, end - begin);
    const std::optional<TokenId> id = begin == 0 ? vocabulary.find(piece) : vocabulary.find_inside(piece);
    if (id) return Piece{*id, end};
  }
  return std::nullopt;
}

}  // namespace

Result<Vocabulary> Vocabulary::parse(std::string_view bytes, const std::string& name) {
  if (bytes.empty()) return invalid(name + ": is empty, expected a token in each line");
  if (bytes.ends_with('\n')) bytes.remove_suffix(1);
  Vocabulary vocabulary;
  for (bool more = true; more; ++vocabulary.size_) {
    const std::size_t end = bytes.find('\n');
    std::string_view token = bytes.substr(0, end);
    if (token.ends_with('\r')) token.remove_suffix(1);
    if (!is_utf8(token)) return invalid(name + ":" + std::to_string(vocabulary.size_ + 1) + ": the token is not UTF-8");
    if (vocabulary.size_ == std::size_t(std::numeric_limits<TokenId>::max())) return invalid(name + ": too many lines");
    const auto id = TokenId(vocabulary.size_);
    vocabulary.tokens_.insert_or_assign(std::string(token), id);
    vocabulary.longest_ = std::max(vocabulary.longest_, token.size());
    if (token.starts_with(kInside)) {
      vocabulary.pieces_.insert_or_assign(std::string(token.substr(kInside.size())), id);
    }
    more = end != std::string_view::npos;
    if (more) bytes.remove_prefix(end + 1);
  }
  return vocabulary;
}

std::optional<TokenId> Vocabulary::find_in(const Ids& ids, std::string_view token) {
  const auto found = ids.find(token);
  return found == ids.end() ? std::nullopt : std::optional(found->second);
}

void append_pieces(std::vector<TokenId>& ids, std::string_view word, const Vocabulary& vocabulary, TokenId unknown) {
  const std::size_t before = ids.size();
  bool known = std::ranges::count_if(word, begins_character) <= kMostCharacters;
  for (std::size_t at = 0; known && at < word.size();) {
    const std::optional<Piece> piece = longest_at(word, at, vocabulary);
    known = piece.has_value();
    if (known) ids.push_back(piece->id);
    if (known) at = piece->end;
  }
  if (known) return;
  ids.resize(before);
  ids.push_back(unknown);
}

}  // namespace mer::extractor::bert
