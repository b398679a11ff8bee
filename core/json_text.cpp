#include "core/json_text.hpp"

#include <algorithm>
#include <iterator>
#include <vector>

#include "core/json.hpp"
#include "core/quoting.hpp"

namespace mer {

using nlohmann::json;

namespace {
constexpr std::size_t kMaxMessage = 300;

// Builds the value from the parser's events. nlohmann's own builder accepts duplicate keys and any nesting.
template <class Json>
class StrictBuilder : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return add(Json()); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(std::int64_t value) override { return add(value); }
  bool number_unsigned(std::uint64_t value) override { return add(value); }
  bool number_float(double value, const std::string&) override { return add(value); }
  bool string(std::string& value) override { return add(std::move(value)); }
  bool binary(typename Json::binary_t& value) override { return add(std::move(value)); }
  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(std::string& name) override {
    keys_.back() = name;
    if (open_.back()->contains(name))
      return refuse(pointer() + ": the key \"" + name + "\" stands twice in one object");
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& error) override {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: ..." -> "..."
    std::string_view text = error.what();
    for (const std::string_view end : {"] ", "column "}) {
      if (const auto at = text.find(end); at != std::string_view::npos) text.remove_prefix(at + end.size());
    }
    if (const auto at = text.find(": "); at != std::string_view::npos && at < 12) text.remove_prefix(at + 2);
    error_position_ = position;
    return refuse(std::string(text));
  }

  Json& root() { return root_; }
  const std::string& error() const { return error_; }
  std::size_t error_position() const { return error_position_; }  // 0: where the parser stopped

 private:
  template <class T>
  bool add(T&& value) {
    place(std::forward<T>(value));
    return true;
  }

  Json& place(Json value) {
    if (open_.empty()) return root_ = std::move(value);
    Json& parent = *open_.back();
    if (parent.is_array()) return parent.emplace_back(std::move(value));
    return parent[keys_.back()] = std::move(value);
  }

  bool open(Json container) {
    if (open_.size() >= std::size_t{kMaxNesting}) {
      return refuse("nested deeper than " + std::to_string(kMaxNesting) + " brackets");
    }
    open_.push_back(&place(std::move(container)));
    keys_.emplace_back();
    return true;
  }

  bool close() {
    open_.pop_back();
    keys_.pop_back();
    return true;
  }

  // Where the parser is, RFC 6901.
  std::string pointer() const {
    std::string path;
    for (std::size_t level = 0; level < open_.size(); ++level) {
      const Json& container = *open_[level];
      path = pointer_to(path, container.is_array() ? std::to_string(container.size() - 1) : keys_[level]);
    }
    return path;
  }

  bool refuse(std::string message) {
    error_ = std::move(message);
    return false;
  }

  Json root_;
  std::vector<Json*> open_;        // stable: only the innermost container grows
  std::vector<std::string> keys_;  // of each of them, the one being read
  std::string error_;
  std::size_t error_position_ = 0;
};

// Reads characters and counts them, so that a refusal of the builder has a position.
class CountingIterator {
 public:
  using iterator_category = std::forward_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator() = default;
  CountingIterator(const char* at, std::size_t* count) : at_(at), count_(count) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    ++at_;
    ++*count_;
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator old = *this;
    ++*this;
    return old;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }

 private:
  const char* at_ = nullptr;
  std::size_t* count_ = nullptr;
};

// The parser quotes what it read: any length, any bytes.
std::string printable(std::string message) {
  if (message.size() > kMaxMessage) message = message.substr(0, kMaxMessage) + "...";
  std::replace_if(
      message.begin(), message.end(), [](char c) { return c < ' ' || c == '\x7f'; }, '?');
  return message;
}

// "LINE:COLUMN" of the last character read, both from 1.
std::string place_of(std::string_view text, std::size_t read) {
  const std::string_view before = text.substr(0, std::clamp<std::size_t>(read, 1, text.size() + 1) - 1);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  return std::to_string(line) + ":" + std::to_string(before.size() - start + 1);
}

template <class Json>
Result<Json> parse(std::string_view text, const std::string& name) {
  StrictBuilder<Json> builder;
  std::size_t read = 0;
  const CountingIterator begin(text.data(), &read);
  const CountingIterator end(text.data() + text.size(), &read);
  try {
    if (Json::sax_parse(begin, end, &builder, Json::input_format_t::json, true, true)) {
      return std::move(builder.root());
    }
  } catch (const std::exception& error) {
    return invalid(name + ": " + error.what());
  }
  const std::size_t position = builder.error_position() == 0 ? read : builder.error_position();
  return invalid(name + ":" + place_of(text, position) + ": " + printable(builder.error()));
}
}  // namespace

std::string pointer_to(const std::string& pointer, const std::string& key) {
  std::size_t end = std::min(kMaxShown, key.size());
  while (end > 0 && end < key.size() && (key[end] & 0xC0) == 0x80) --end;  // not inside a UTF-8 character
  std::string escaped;
  for (const char c : key.substr(0, end)) {
    if (c == '~') {
      escaped += "~0";
    } else if (c == '/') {
      escaped += "~1";
    } else {
      escaped += c;
    }
  }
  return pointer + "/" + escaped;
}

Result<json> parse_json_text(std::string_view text, const std::string& name) {
  return parse<json>(text, name);
}

Result<nlohmann::ordered_json> parse_ordered_json_text(std::string_view text, const std::string& name) {
  return parse<nlohmann::ordered_json>(text, name);
}

Result<json> parse_cbor(std::string_view bytes) {
  StrictBuilder<json> builder;
  try {
    if (json::sax_parse(bytes.begin(), bytes.end(), &builder, json::input_format_t::cbor)) {
      return std::move(builder.root());
    }
  } catch (const std::exception& error) {
    return Error{ErrorCode::corrupt, std::string("not CBOR: ") + error.what()};
  }
  return Error{ErrorCode::corrupt, "not CBOR: " + printable(builder.error())};
}

}  // namespace mer
