#include <string>

#include "tests/fuzz/fuzz.hpp"
#include "worker/extractor/bert_tokenizer.hpp"

// The first line is a text, the rest a vocab.txt. Tokens are lines of the vocabulary, no more of them than asked for.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using mer::fuzz::require;
  namespace bert = mer::extractor::bert;
  constexpr std::size_t kMost = 16;
  const std::string_view bytes = mer::fuzz::text_of(data, size);
  const std::string_view text = bytes.substr(0, bytes.find('\n'));
  const std::string_view lines = bytes.substr(std::min(bytes.size(), text.size() + 1));

  auto vocabulary = bert::Vocabulary::parse(lines, "file");
  if (!vocabulary) {
    require(vocabulary.error().message.starts_with("file:") && mer::is_utf8(vocabulary.error().message));
    return 0;
  }
  const auto count = bert::TokenId(vocabulary->size());
  for (const std::string& word : bert::words_of(text, {})) {
    std::vector<bert::TokenId> ids;
    require(!word.empty() && mer::is_utf8(word));
    bert::append_pieces(ids, word, *vocabulary, count);  // an id that no line has
    require(ids == std::vector{count} || std::ranges::all_of(ids, [&](auto id) { return id >= 0 && id < count; }));
  }
  const auto tokenizer = bert::Tokenizer::make(std::move(*vocabulary), {}, kMost, "file");
  if (!tokenizer) {
    require(tokenizer.error().message.starts_with("file:") && mer::is_utf8(tokenizer.error().message));
    return 0;
  }
  const auto ids = tokenizer->ids(text);
  require(ids.size() >= 2 && ids.size() <= kMost);
  require(std::ranges::all_of(ids, [&](auto id) { return id >= 0 && id < count; }));
  return 0;
}
