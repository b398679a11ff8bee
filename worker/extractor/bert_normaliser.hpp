// A text as BERT's WordPiece gets it: cleaned, in lower case and without accents where the model wants it so, in words.
//
// As transformers.BertTokenizerFast does. Threads: pure functions. Errors: none.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mer::extractor::bert {

struct Normalisation {
  bool lower_case = true;
  bool strip_accents = true;
  bool split_chinese = true;  // an ideograph is a word
};

// In UTF-8. Bytes that are no UTF-8 are left out.
std::vector<std::string> words_of(std::string_view text, const Normalisation& normalisation);

}  // namespace mer::extractor::bert
