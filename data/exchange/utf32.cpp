#include "data/exchange/utf32.hpp"

#include <cstdint>
#include <cstring>

#include "core/utf8.hpp"

namespace mer::data {
std::optional<std::string> utf8_of_utf32(std::string_view bytes) {
  while (bytes.ends_with(std::string_view("\0\0\0\0", 4))) bytes.remove_suffix(4);
  std::string text;
  for (; !bytes.empty(); bytes.remove_prefix(4)) {
    std::uint32_t code = 0;
    std::memcpy(&code, bytes.data(), sizeof code);
    if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return std::nullopt;
    append_utf8(text, code);
  }
  return text;
}

std::string utf32_of_utf8(std::string_view text) {
  std::string bytes;
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at++]);
    std::uint32_t code = lead < 0x80 ? lead : lead < 0xE0 ? lead & 0x1F : lead < 0xF0 ? lead & 0x0F : lead & 0x07;
    for (; at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80; ++at) {
      code = code << 6 | (static_cast<unsigned char>(text[at]) & 0x3FU);
    }
    bytes.append(reinterpret_cast<const char*>(&code), sizeof code);
  }
  return bytes;
}

}  // namespace mer::data
