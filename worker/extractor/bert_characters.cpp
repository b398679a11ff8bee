#include "worker/extractor/bert_characters.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <utf8proc.h>
#include <vector>

#include "worker/extractor/bert_ranges.hpp"

namespace mer::extractor::bert {
namespace {

constexpr char32_t kReplacement = 0xFFFD;
constexpr char32_t kCapitalIWithDot = 0x130;
constexpr std::size_t kLongestDecomposition = 32;

// The range that holds the character; nullptr: none.
template <class R>
const R* range_of(std::span<const R> ranges, char32_t character) {
  const auto found = std::ranges::lower_bound(ranges, character, {}, &R::last);
  return found != ranges.end() && found->first <= character ? &*found : nullptr;
}

bool holds(std::span<const Range> ranges, char32_t character) {
  return range_of(ranges, character) != nullptr;
}

bool is_accent(char32_t character) {
  return holds(kAccents, character);
}

// Marks of different classes other than 0 change places.
int combining_class(char32_t character) {
  if (is_accent(character)) return ::utf8proc_get_property(utf8proc_int32_t(character))->combining_class;
  const Valued* const range = range_of<Valued>(kClasses, character);
  return range == nullptr ? 0 : int(range->value);
}

struct Mark {
  char32_t character;
  int combining_class;
};

void append_decomposed(std::vector<Mark>& marks, char32_t character) {
  const auto append = [&](char32_t part) { marks.push_back({part, combining_class(part)}); };
  if (character < 0x80 || holds(kWhole, character)) return append(character);
  std::array<utf8proc_int32_t, kLongestDecomposition> parts{};
  int boundary = 0;
  const auto count = ::utf8proc_decompose_char(utf8proc_int32_t(character), parts.data(), kLongestDecomposition,
                                               UTF8PROC_DECOMPOSE, &boundary);
  if (count < 1) return append(character);
  for (const utf8proc_int32_t part : std::span(parts).first(std::size_t(count))) append(char32_t(part));
}

void order(std::vector<Mark>& marks) {
  for (auto begin = marks.begin(); begin != marks.end();) {
    const auto is_starter = [](const Mark& mark) { return mark.combining_class == 0; };
    const auto first = std::find_if_not(begin, marks.end(), is_starter);
    begin = std::find_if(first, marks.end(), is_starter);
    std::ranges::stable_sort(first, begin, {}, &Mark::combining_class);
  }
}

char32_t lower(char32_t character) {
  if (const Valued* const range = range_of<Valued>(kNewLower, character)) {
    return range->value + (character - range->first);
  }
  return char32_t(::utf8proc_tolower(utf8proc_int32_t(character)));
}

// Which second bytes may follow a lead byte of UTF-8, and how many bytes there are in all; 0: it is none.
struct Lead {
  std::size_t length = 0;
  unsigned char low = 0x80, high = 0xBF;
};

Lead lead_of(unsigned char byte) {
  if (byte < 0x80) return {.length = 1};
  if (byte >= 0xC2 && byte < 0xE0) return {.length = 2};
  if (byte == 0xE0) return {.length = 3, .low = 0xA0};
  if (byte == 0xED) return {.length = 3, .high = 0x9F};  // no surrogates
  if (byte >= 0xE1 && byte < 0xF0) return {.length = 3};
  if (byte == 0xF0) return {.length = 4, .low = 0x90};
  if (byte == 0xF4) return {.length = 4, .high = 0x8F};
  if (byte >= 0xF1 && byte < 0xF4) return {.length = 4};
  return {};
}

// Takes a character, or the bytes that begin like one.
char32_t take(std::string_view& bytes) {
  const auto first = static_cast<unsigned char>(bytes.front());
  const Lead lead = lead_of(first);
  char32_t character = lead.length <= 1 ? first : first & (0x7FU >> lead.length);
  std::size_t at = 1;
  for (; at < lead.length && at < bytes.size(); ++at) {
    const auto next = static_cast<unsigned char>(bytes[at]);
    const bool second = at == 1;
    if (next < (second ? lead.low : 0x80) || next > (second ? lead.high : 0xBF)) break;
    character = (character << 6U) | (next & 0x3FU);
  }
  bytes.remove_prefix(at);
  return at == lead.length ? character : kReplacement;
}

}  // namespace

bool is_left_out(char32_t character) {
  return holds(kLeftOut, character);
}

bool is_space(char32_t character) {
  return holds(kSpaces, character);
}

bool is_punctuation(char32_t character) {
  return holds(kPunctuation, character);
}

bool is_chinese(char32_t character) {
  return holds(kChinese, character);
}

std::u32string without_accents(std::u32string_view text) {
  std::vector<Mark> marks;
  marks.reserve(text.size());
  for (const char32_t character : text) append_decomposed(marks, character);
  order(marks);
  std::u32string result;
  for (const Mark& mark : marks) {
    if (!is_accent(mark.character)) result += mark.character;
  }
  return result;
}

std::u32string lower_case(std::u32string_view text) {
  std::u32string result;
  for (const char32_t character : text) {
    if (character == kCapitalIWithDot) {
      result += U"i\u0307";
    } else {
      result += lower(character);
    }
  }
  return result;
}

std::u32string decoded(std::string_view bytes) {
  std::u32string text;
  while (!bytes.empty()) text += take(bytes);
  return text;
}

const char* unicode_library() {
  return ::utf8proc_version();
}

}  // namespace mer::extractor::bert
