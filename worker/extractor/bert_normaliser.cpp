#include "worker/extractor/bert_normaliser.hpp"

#include "core/utf8.hpp"
#include "worker/extractor/bert_characters.hpp"

namespace mer::extractor::bert {
namespace {

std::u32string cleaned(std::string_view text, bool split_chinese) {
  std::u32string result;
  for (const char32_t character : decoded(text)) {
    if (is_left_out(character)) continue;
    if (split_chinese && is_chinese(character)) {
      result.append({U' ', character, U' '});
    } else {
      result += character;
    }
  }
  return result;
}

}  // namespace

std::vector<std::string> words_of(std::string_view text, const Normalisation& normalisation) {
  std::u32string clean = cleaned(text, normalisation.split_chinese);
  if (normalisation.strip_accents) clean = without_accents(clean);
  if (normalisation.lower_case) clean = lower_case(clean);
  std::vector<std::string> words;
  bool within = false;
  for (const char32_t character : clean) {
    const bool alone = is_punctuation(character);
    const bool belongs = !alone && !is_space(character);
    if (alone || (belongs && !within)) words.emplace_back();
    if (alone || belongs) append_utf8(words.back(), character);
    within = belongs;
  }
  return words;
}

}  // namespace mer::extractor::bert
