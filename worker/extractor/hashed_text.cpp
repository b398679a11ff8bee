#include "worker/extractor/hashed_text.hpp"

#include <cmath>
#include <cstdint>
#include <utf8proc.h>

#include "core/json.hpp"
#include "worker/extractor/murmur_hash.hpp"

namespace mer::extractor {
namespace {

constexpr int kDim = 1024;

// What \w matches in Python.
bool is_of_word(utf8proc_int32_t character) {
  switch (::utf8proc_category(character)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO: return true;
    default: return character == '_';
  }
}

void append(std::string& word, utf8proc_int32_t character) {
  utf8proc_uint8_t bytes[4];
  const auto count = ::utf8proc_encode_char(character, bytes);
  word.append(reinterpret_cast<const char*>(bytes), std::size_t(count));
}

class HashedText : public Method {
 public:
  int dim() const override { return kDim; }
  nlohmann::json parameters() const override { return {{"dim", kDim}, {"words", {1, 2}}}; }
  nlohmann::json versions() const override { return {{"utf8proc", ::utf8proc_version()}}; }

  Result<std::vector<float>> features(std::string_view input) const override {
    MER_ASSIGN(const std::vector<std::string> words, words_of(input));
    return hashed_counts(words, kDim);
  }
};

}  // namespace

Result<std::vector<std::string>> words_of(std::string_view text) {
  std::vector<std::string> words;
  bool within = false;
  while (!text.empty()) {
    utf8proc_int32_t character = 0;
    const auto count = ::utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                          utf8proc_ssize_t(text.size()), &character);
    if (count < 1) return invalid("the transcript is not UTF-8");
    text.remove_prefix(std::size_t(count));
    const bool belongs = is_of_word(character);
    if (belongs && !within) words.emplace_back();
    if (belongs) append(words.back(), ::utf8proc_tolower(character));
    within = belongs;
  }
  return words;
}

std::vector<float> hashed_counts(const std::vector<std::string>& words, int dim) {
  std::vector<double> counts(static_cast<std::size_t>(dim));
  const auto add = [&](const std::string& term) {
    const auto hash = std::int64_t(std::int32_t(murmur_hash(term)));
    counts[std::size_t(std::abs(hash) % dim)] += hash < 0 ? -1 : 1;
  };
  for (std::size_t i = 0; i < words.size(); ++i) {
    add(words[i]);
    if (i > 0) add(words[i - 1] + " " + words[i]);
  }
  double squares = 0;
  for (const double count : counts) squares += count * count;
  const double length = squares > 0 ? std::sqrt(squares) : 1;
  std::vector<float> features;
  features.reserve(counts.size());
  for (const double count : counts) features.push_back(float(count / length));
  return features;
}

std::unique_ptr<const Method> make_hashed_text() {
  return std::make_unique<const HashedText>();
}

}  // namespace mer::extractor
