// Reads a line of a label file from left to right.
//
// Threads: plain values. Errors: false or nothing where the text does not go on as asked; the place stays.
#pragma once

#include <charconv>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string_view>

namespace mer::data {

class TextScanner {
 public:
  explicit TextScanner(std::string_view text) : text_(text) {}

  bool done() const { return text_.empty(); }
  std::string_view rest() const { return text_; }

  bool take(std::string_view word) {
    if (!text_.starts_with(word)) return false;
    text_.remove_prefix(word.size());
    return true;
  }

  // One of these characters.
  std::optional<char> take_any(std::string_view characters) {
    if (text_.empty() || characters.find(text_.front()) == std::string_view::npos) return std::nullopt;
    const char taken = text_.front();
    text_.remove_prefix(1);
    return taken;
  }

  void skip_blanks() {
    while (take_any(" \t")) {
    }
  }

  // Up to a delimiter, which is taken too.
  std::optional<std::string_view> take_until(char delimiter) {
    const std::size_t end = text_.find(delimiter);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view taken = text_.substr(0, end);
    text_.remove_prefix(end + 1);
    return taken;
  }

  // Exactly so many digits; 0: as many as there are, at most 9.
  std::optional<int> take_digits(std::size_t count) {
    std::size_t have = 0;
    while (have < text_.size() && text_[have] >= '0' && text_[have] <= '9') ++have;
    if (count != 0 ? have < count : have == 0 || have > 9) return std::nullopt;
    const std::size_t length = count != 0 ? count : have;
    int number = 0;
    std::from_chars(text_.data(), text_.data() + length, number);
    text_.remove_prefix(length);
    return number;
  }

  std::optional<double> take_number() {
    double number = 0;
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), number);
    if (error != std::errc() || !std::isfinite(number)) return std::nullopt;
    text_.remove_prefix(std::size_t(end - text_.data()));
    return number;
  }

 private:
  std::string_view text_;
};

}  // namespace mer::data
