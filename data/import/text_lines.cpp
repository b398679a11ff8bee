#include "data/import/text_lines.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/quoting.hpp"
#include "core/utf8.hpp"

namespace mer::data {
namespace {

constexpr std::string_view kBlank = " \t\r";

// What Windows-1252 has at 0x80 to 0x9F; elsewhere it is Latin-1.
constexpr std::array<char32_t, 32> kWindows1252 = {0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                                   0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD,
                                                   0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                   0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178};

std::string_view trimmed(std::string_view line) {
  const std::size_t first = line.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(kBlank) - first + 1);
}

bool has_control(std::string_view line) {
  return std::ranges::any_of(line, [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7F; });
}

}  // namespace

std::string utf8_of_windows_1252(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    append_utf8(text, byte >= 0x80 && byte < 0xA0 ? kWindows1252.at(byte - 0x80U) : byte);
  }
  return text;
}

std::vector<TextLine> text_lines(std::string_view bytes, const std::string& file, Findings& findings) {
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")) {
    findings.push_back({FindingKind::bad_encoding, file, 0, "the file is UTF-16, expected UTF-8", "skipped"});
    return {};
  }
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (bytes.starts_with(kByteOrderMark)) {
    bytes.remove_prefix(kByteOrderMark.size());
    findings.push_back({FindingKind::byte_order_mark, file, 1, "a byte order mark", "left out"});
  }
  if (const std::size_t at = bytes.find("\r\n"); at != std::string_view::npos) {
    const auto line = std::size_t(std::ranges::count(bytes.substr(0, at), '\n')) + 1;
    findings.push_back({FindingKind::line_ends, file, line, "lines end in CR LF", "read as LF"});
  }
  std::vector<TextLine> lines;
  for (std::size_t number = 1; !bytes.empty(); ++number) {
    const std::size_t end = bytes.find('\n');
    TextLine line{number, std::string(trimmed(bytes.substr(0, end)))};
    bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
    if (line.text.empty()) continue;
    if (has_control(line.text)) {
      findings.push_back(
          {FindingKind::broken_line, file, number, "control characters in " + quote(line.text), "skipped"});
      continue;
    }
    if (!is_utf8(line.text)) {
      line.text = utf8_of_windows_1252(line.text);
      findings.push_back(
          {FindingKind::bad_encoding, file, number, quote(line.text) + " is not UTF-8", "read as Windows-1252"});
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace mer::data
