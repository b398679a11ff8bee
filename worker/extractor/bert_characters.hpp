// Characters as BERT's tokenizer sees them: which are words, which stand between them, which are left out.
//
// As the tokenizers library (Rust) does, whose tables are of older versions of Unicode (bert_ranges.hpp), so that the
// tokens are its tokens whatever Unicode this machine knows. Threads: pure functions. Errors: none.
#pragma once

#include <string>
#include <string_view>

namespace mer::extractor::bert {

bool is_left_out(char32_t character);  // control characters, U+FFFD
bool is_space(char32_t character);
bool is_punctuation(char32_t character);  // of ASCII everything that is no letter, digit or space
bool is_chinese(char32_t character);      // ideographs

// Canonically decomposed, in canonical order, without non-spacing marks.
std::u32string without_accents(std::u32string_view text);

// Character by character: no sigma is a final one.
std::u32string lower_case(std::u32string_view text);

// Bytes that are no UTF-8 become U+FFFD, as Python's errors="replace" does it.
std::u32string decoded(std::string_view bytes);

const char* unicode_library();  // its version

}  // namespace mer::extractor::bert
