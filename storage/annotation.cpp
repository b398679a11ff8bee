#include "storage/annotation.hpp"

#include <algorithm>
#include <string_view>

#include "core/joined.hpp"
#include "core/quoting.hpp"
#include "core/utf8.hpp"

namespace mer::storage {
namespace {

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_tag_character(char c) {
  return is_letter_or_digit(c) || std::string_view("-_.:/=+").find(c) != std::string_view::npos;
}

bool is_tag(const std::string& word) {
  return !word.empty() && word.size() <= kLongestTag && is_letter_or_digit(word.front()) &&
         std::ranges::all_of(word, is_tag_character);
}

// Of UTF-8: U+0000 to U+001F but for the line feed, U+007F to U+009F.
bool has_control_character(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte < 0x20 && byte != '\n') || byte == 0x7F) return true;
    if (byte == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0) return true;
  }
  return false;
}

}  // namespace

bool is_empty(const Annotation& annotation) {
  return annotation.note.empty() && annotation.tags.empty();
}

bool has_tag(const Annotation& annotation, const std::string& tag) {
  return std::ranges::binary_search(annotation.tags, tag);
}

Status check_note(const std::string& note) {
  if (note.size() > kLongestNote) {
    return invalid("the note has " + std::to_string(note.size()) + " bytes of UTF-8, at most " +
                   std::to_string(kLongestNote) + " are kept");
  }
  if (!is_utf8(note)) return invalid("the note is not UTF-8");
  if (has_control_character(note)) {
    return invalid("the note has a control character; of these only line feeds are kept");
  }
  return {};
}

Status check_tags(const std::vector<std::string>& tags) {
  if (tags.empty()) return invalid("no tag is named");
  for (const std::string& tag : tags) {
    if (is_tag(tag)) continue;
    return invalid("tag " + quote(tag) + ": expected at most " + std::to_string(kLongestTag) +
                   " letters, digits and - _ . : / = +, the first a letter or digit");
  }
  return {};
}

std::vector<std::string> words_of(const std::string& text) {
  constexpr const char* kBetween = " \t\n,";
  std::vector<std::string> words;
  for (std::size_t at = text.find_first_not_of(kBetween); at != std::string::npos;) {
    const std::size_t end = std::min(text.find_first_of(kBetween, at), text.size());
    words.push_back(text.substr(at, end - at));
    at = text.find_first_not_of(kBetween, end);
  }
  return words;
}

std::string line_of(const std::vector<std::string>& tags) {
  return joined(tags, " ");
}

Result<Annotation> with_tags(Annotation annotation, const std::vector<std::string>& tags) {
  for (const std::string& tag : tags) {
    const auto place = std::ranges::lower_bound(annotation.tags, tag);
    if (place == annotation.tags.end() || *place != tag) annotation.tags.insert(place, tag);
  }
  if (annotation.tags.size() > kMostTags) {
    return invalid("that would be " + std::to_string(annotation.tags.size()) + " tags, at most " +
                   std::to_string(kMostTags) + " are kept; take one away first");
  }
  return annotation;
}

Annotation without_tags(Annotation annotation, const std::vector<std::string>& tags) {
  std::erase_if(annotation.tags, [&](const std::string& tag) { return std::ranges::find(tags, tag) != tags.end(); });
  return annotation;
}

}  // namespace mer::storage
