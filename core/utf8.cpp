#include "core/utf8.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace mer {
namespace {

// Continuation bytes that follow a lead byte, and the smallest code point that may be written so.
struct Utf8Lead {
  int continuation = 0;
  std::uint32_t bits = 0, smallest = 0;
};

std::optional<Utf8Lead> utf8_lead(unsigned char c) {
  if (c < 0x80) return Utf8Lead{0, c, 0};
  if (c >= 0xC0 && c < 0xE0) return Utf8Lead{1, c & 0x1FU, 0x80};
  if (c >= 0xE0 && c < 0xF0) return Utf8Lead{2, c & 0x0FU, 0x800};
  if (c >= 0xF0 && c < 0xF8) return Utf8Lead{3, c & 0x07U, 0x10000};
  return std::nullopt;
}

}  // namespace

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::optional<Utf8Lead> lead = utf8_lead(static_cast<unsigned char>(text[i]));
    if (!lead) return false;
    std::uint32_t point = lead->bits;
    for (int k = 0; k < lead->continuation; ++k) {
      if (++i == text.size() || (static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) return false;
      point = (point << 6) | (static_cast<unsigned char>(text[i]) & 0x3FU);
    }
    const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
    if (point < lead->smallest || point > 0x10FFFF || surrogate) return false;
  }
  return true;
}

void append_utf8(std::string& text, char32_t point) {
  // A lead byte says how many follow; each of them carries six bits.
  const auto append_followers = [&](int count) {
    for (; count > 0; --count) text += char(0x80U | ((point >> unsigned(6 * (count - 1))) & 0x3FU));
  };
  if (point < 0x80) {
    text += char(point);
  } else if (point < 0x800) {
    text += char(0xC0U | (point >> 6U));
    append_followers(1);
  } else if (point < 0x10000) {
    text += char(0xE0U | (point >> 12U));
    append_followers(2);
  } else {
    text += char(0xF0U | (point >> 18U));
    append_followers(3);
  }
}

}  // namespace mer
