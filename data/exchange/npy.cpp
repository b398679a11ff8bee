#include "data/exchange/npy.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <span>

#include "core/json.hpp"
#include "core/quoting.hpp"
#include "data/exchange/utf32.hpp"

namespace mer::data {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kCharacterBytes = 4;  // of UTF-32
constexpr std::size_t kAlignment = 64;      // of the elements, as NumPy has it

Error corrupt(std::string message) {
  return {ErrorCode::corrupt, std::move(message)};
}

// Magic, version, length, header, in front of the elements.
struct Parts {
  std::string_view header, elements;
};

Result<Parts> parts_of(std::string_view bytes, const std::string& where) {
  if (!bytes.starts_with(kMagic)) return corrupt(where + ": does not begin as an .npy file does; save it with np.save");
  bytes.remove_prefix(kMagic.size());
  if (bytes.size() < 2) return corrupt(where + ": ends before its version");
  const int major = static_cast<unsigned char>(bytes[0]);
  if (major < 1 || major > 3) {
    return corrupt(where + ": version " + std::to_string(major) + " of the .npy format, expected 1, 2 or 3");
  }
  bytes.remove_prefix(2);
  const std::size_t width = major == 1 ? 2 : 4;
  std::uint32_t length = 0;
  if (bytes.size() < width) return corrupt(where + ": ends before its header");
  std::memcpy(&length, bytes.data(), width);
  bytes.remove_prefix(width);
  if (length > bytes.size()) {
    return corrupt(where + ": header of " + std::to_string(length) + " bytes, but the file has " +
                   std::to_string(bytes.size()) + " after its length");
  }
  return Parts{bytes.substr(0, length), bytes.substr(length)};
}

struct Header {
  std::optional<std::string> type;
  std::optional<bool> fortran_order;
  std::optional<std::vector<std::int64_t>> shape;
};

// {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }: of Python's literals those that stand there.
class HeaderReader {
 public:
  HeaderReader(std::string_view text, const std::string& where) : text_(text), where_(where) {}

  Result<Header> read() {
    Header header;
    if (!take('{')) return unexpected("'{'");
    while (!take('}')) {
      MER_ASSIGN(const std::string key, string());
      if (!take(':')) return unexpected("':'");
      MER_TRY(read_value(key, header));
      if (!take(',') && peek() != '}') return unexpected("',' or '}'");
    }
    if (peek() != '\0' || at_ != text_.size()) return unexpected("nothing after '}'");
    if (!header.type || !header.fortran_order || !header.shape) {
      return corrupt(where_ + ": header " + quote(text_) + ", expected descr, fortran_order and shape");
    }
    return header;
  }

 private:
  Error unexpected(const std::string& expected) const {
    return corrupt(where_ + ": header " + quote(text_) + ": expected " + expected + " at character " +
                   std::to_string(at_));
  }

  // The next character that is no space; '\0' at the end.
  char peek() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  bool take(char wanted) {
    if (peek() != wanted || at_ == text_.size()) return false;
    ++at_;
    return true;
  }

  bool take_word(std::string_view word) {
    peek();
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  Status read_value(const std::string& key, Header& header) {
    if (key == "descr" && !header.type) return read_type(header);
    if (key == "shape" && !header.shape) return read_shape(header);
    if (key != "fortran_order" || header.fortran_order) return unexpected("descr, fortran_order and shape, each once");
    header.fortran_order = take_word("True");
    if (!*header.fortran_order && !take_word("False")) return unexpected("True or False");
    return {};
  }

  Status read_type(Header& header) {
    if (peek() == '[' || peek() == '(') {
      return invalid(where_ +
                     ": a structured array, expected a plain one; in Python: np.stack([array[name] for name "
                     "in array.dtype.names], axis=1)");
    }
    MER_ASSIGN(header.type, string());
    return {};
  }

  Status read_shape(Header& header) {
    header.shape.emplace();
    if (!take('(')) return unexpected("'('");
    while (!take(')')) {
      std::int64_t extent = 0;
      peek();
      const std::string_view rest = text_.substr(at_);
      const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), extent);
      if (error != std::errc() || extent < 0) return unexpected("a size");
      at_ += std::size_t(end - rest.data());
      header.shape->push_back(extent);
      take('L');  // as Python 2 wrote it
      if (!take(',') && peek() != ')') return unexpected("',' or ')'");
    }
    return {};
  }

  Result<std::string> string() {
    const char mark = peek();
    if (mark != '\'' && mark != '"') return unexpected("a string");
    const std::size_t end = text_.find(mark, at_ + 1);
    if (end == std::string_view::npos) return unexpected("a string that ends");
    std::string value(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return value;
  }

  std::string_view text_;
  const std::string& where_;
  std::size_t at_ = 0;
};

// Type and text_length.
Status set_type(NpyArray& array, const std::string& type, const std::string& where) {
  constexpr std::pair<const char*, TensorType> kFloats[] = {
      {"<f2", TensorType::f16}, {"<f4", TensorType::f32}, {"<f8", TensorType::f64}};
  for (const auto& [name, known] : kFloats) {
    if (type != name) continue;
    array.type = known;
    return {};
  }
  if (type.find('O') != std::string::npos) {
    return invalid(where +
                   ": an array of Python objects, which is a pickle and is never loaded; in Python: of vectors "
                   "np.stack(array).astype(\"float32\"), of strings array.astype(str)");
  }
  const char* const last = type.data() + type.size();
  if (type.starts_with("<U")) {
    const auto [end, error] = std::from_chars(type.data() + 2, last, array.text_length);
    array.is_text = error == std::errc() && end == last && array.text_length > 0;
    if (array.is_text) return {};
  }
  return invalid(where + ": dtype " + quote(type) +
                 ", expected float16, float32 or float64, little-endian, or <U for "
                 "ids; in Python: array.astype(\"<f4\"), array.astype(str)");
}

template <class T>
std::string npy_of_numbers(const char* type, const std::vector<T>& numbers) {
  const std::span<const std::byte> bytes = std::as_bytes(std::span(numbers));
  return npy_header(type, {numbers.size()}).append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

}  // namespace

Result<NpyArray> parse_npy(std::string_view bytes, const std::string& where) {
  MER_ASSIGN(const Parts parts, parts_of(bytes, where));
  MER_ASSIGN(const Header header, HeaderReader(parts.header, where).read());
  NpyArray array{.fortran_order = *header.fortran_order, .shape = *header.shape, .elements = parts.elements};
  MER_TRY(set_type(array, *header.type, where));
  std::uint64_t needed = array.is_text ? kCharacterBytes : size_of(array.type);
  bool fits = !__builtin_mul_overflow(needed, array.is_text ? array.text_length : 1, &needed);
  for (const std::int64_t extent : array.shape) {
    fits = fits && !__builtin_mul_overflow(needed, std::uint64_t(extent), &needed);
  }
  if (!fits || needed != array.elements.size()) {
    return corrupt(where + ": " + std::to_string(array.elements.size()) + " bytes of elements, but shape " +
                   shown(array.shape) + " of " + *header.type + " needs " +
                   (fits ? std::to_string(needed) : std::string("more than any file has")) +
                   ": the file is cut off, or something was appended");
  }
  return array;
}

Result<std::vector<std::string>> npy_strings(const NpyArray& array, const std::string& where) {
  if (!array.is_text || array.shape.size() != 1) {
    return invalid(where +
                   ": expected one dimension of strings (dtype <U), the ids of utterances; in Python: "
                   "np.array(ids, dtype=str)");
  }
  const std::size_t bytes = array.text_length * kCharacterBytes;
  std::vector<std::string> texts;
  for (std::size_t at = 0; at < array.elements.size(); at += bytes) {
    std::optional<std::string> text = utf8_of_utf32(array.elements.substr(at, bytes));
    if (!text) return corrupt(where + ": row " + std::to_string(texts.size()) + " is not UTF-32");
    texts.push_back(std::move(*text));
  }
  return texts;
}

std::string npy_header(const std::string& type, const std::vector<std::size_t>& shape) {
  std::string extents;
  for (const std::size_t extent : shape) extents += std::to_string(extent) + ", ";
  if (shape.size() > 1) extents.resize(extents.size() - 2);
  if (shape.size() == 1) extents.resize(extents.size() - 1);
  std::string header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + extents + "), }";
  const std::size_t before = kMagic.size() + 2 + 2;
  const std::size_t whole = (before + header.size() + 1 + kAlignment - 1) / kAlignment * kAlignment;
  header.resize(whole - before - 1, ' ');
  header += '\n';
  const auto length = std::uint16_t(header.size());
  std::string bytes(kMagic);
  bytes += {'\x01', '\0'};
  bytes.append(reinterpret_cast<const char*>(&length), sizeof length);
  return bytes + header;
}

std::string npy_of(const std::vector<std::string>& texts) {
  std::vector<std::string> characters;
  std::size_t longest = kCharacterBytes;  // NumPy has no strings of length 0
  for (const std::string& text : texts) {
    characters.push_back(utf32_of_utf8(text));
    longest = std::max(longest, characters.back().size());
  }
  std::string file = npy_header("<U" + std::to_string(longest / kCharacterBytes), {texts.size()});
  for (std::string& text : characters) {
    text.resize(longest, '\0');
    file += text;
  }
  return file;
}

std::string npy_of(const std::vector<std::int64_t>& numbers) {
  return npy_of_numbers("<i8", numbers);
}

std::string npy_of(const std::vector<double>& numbers) {
  return npy_of_numbers("<f8", numbers);
}

}  // namespace mer::data
