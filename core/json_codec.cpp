#include "core/json_codec.hpp"

#include <bit>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <utility>

#include "core/json.hpp"

namespace mer {

using nlohmann::json;

static_assert(std::endian::native == std::endian::little, "float vectors are written as little-endian bytes");

namespace {
constexpr int kMaxClasses = 1000;

[[noreturn]] void refuse(const char* key, const char* expected) {
  throw std::invalid_argument(std::string(key) + ": expected " + expected);
}

// An integer that fits T exactly. nlohmann's get<T>() would cut it.
template <class T>
T integer(const char* key, const json& value) {
  if (value.is_number_unsigned()) {
    if (const auto number = value.get<std::uint64_t>(); std::in_range<T>(number)) return static_cast<T>(number);
  } else if (value.is_number_integer()) {
    if (const auto number = value.get<std::int64_t>(); std::in_range<T>(number)) return static_cast<T>(number);
  }
  refuse(key, "an integer in range");
}

double number(const char* key, const json& value) {
  if (!value.is_number()) refuse(key, "a number");
  return value.get<double>();
}

const std::string& text(const char* key, const json& value) {
  if (!value.is_string()) refuse(key, "a string");
  return value.get_ref<const std::string&>();
}

const json::array_t& array(const char* key, const json& value) {
  if (!value.is_array()) refuse(key, "an array");
  return value.get_ref<const json::array_t&>();
}

template <class T, class Convert>
void fill(const char* key, const json& in, std::vector<T>& out, Convert convert) {
  out.clear();
  for (const json& element : array(key, in)) out.push_back(convert(key, element));
}
}  // namespace

JsonWriter::JsonWriter(json& out) : out_(out) {
  out_ = json::object();
}
json& JsonWriter::member(const char* key) {
  return out_[key];
}
void JsonWriter::begin_array(const char* key) {
  out_[key] = json::array();
}
json& JsonWriter::add_to(const char* key) {
  return out_[key].emplace_back();
}

void JsonWriter::operator()(const char* key, bool value) {
  out_[key] = value;
}
void JsonWriter::operator()(const char* key, int value) {
  (*this)(key, std::int64_t{value});
}
void JsonWriter::operator()(const char* key, std::int64_t value) {
  // Non-negative numbers are unsigned, as the parser makes them: what is written equals what is read back.
  if (value >= 0) {
    out_[key] = static_cast<std::uint64_t>(value);
  } else {
    out_[key] = value;
  }
}
void JsonWriter::operator()(const char* key, std::uint64_t value) {
  out_[key] = value;
}
void JsonWriter::operator()(const char* key, double value) {
  out_[key] = value;
}
void JsonWriter::operator()(const char* key, const std::string& value) {
  out_[key] = value;
}
void JsonWriter::operator()(const char* key, const std::optional<bool>& value) {
  out_[key] = value ? json(*value) : json("n/a");
}
void JsonWriter::operator()(const char* key, const std::optional<double>& value) {
  out_[key] = value ? json(*value) : json();
}
void JsonWriter::operator()(const char* key, const std::optional<std::int64_t>& value) {
  out_[key] = value ? json(*value) : json();
}
void JsonWriter::operator()(const char* key, const std::vector<std::string>& value) {
  out_[key] = value;
}
void JsonWriter::operator()(const char* key, const std::vector<int>& value) {
  out_[key] = value;
}
void JsonWriter::operator()(const char* key, const std::vector<std::uint64_t>& value) {
  out_[key] = value;
}
void JsonWriter::operator()(const char* key, const std::vector<double>& value) {
  out_[key] = value;
}
void JsonWriter::operator()(const char* key, const std::vector<float>& value) {
  std::vector<std::uint8_t> bytes(value.size() * sizeof(float));
  if (!value.empty()) std::memcpy(bytes.data(), value.data(), bytes.size());
  out_[key] = json::binary(std::move(bytes));
}
void JsonWriter::operator()(const char* key, const std::vector<std::uint8_t>& value) {
  out_[key] = json::binary(value);
}
void JsonWriter::operator()(const char* key, const ConfusionMatrix& value) {
  out_[key] = {{"classes", value.classes}, {"counts", value.counts}};
}

JsonReader::JsonReader(const json& in) : in_(in) {
  if (!in.is_object()) throw std::invalid_argument("expected an object");
}
const json& JsonReader::member(const char* key) const {
  return in_.at(key);
}
std::size_t JsonReader::array_size(const char* key) const {
  return array(key, member(key)).size();
}
const json& JsonReader::element(const char* key, std::size_t i) const {
  return member(key).at(i);
}

void JsonReader::operator()(const char* key, bool& value) const {
  if (!member(key).is_boolean()) refuse(key, "true or false");
  value = member(key).get<bool>();
}
void JsonReader::operator()(const char* key, int& value) const {
  value = integer<int>(key, member(key));
}
void JsonReader::operator()(const char* key, std::int64_t& value) const {
  value = integer<std::int64_t>(key, member(key));
}
void JsonReader::operator()(const char* key, std::uint64_t& value) const {
  value = integer<std::uint64_t>(key, member(key));
}
void JsonReader::operator()(const char* key, double& value) const {
  value = number(key, member(key));
}
void JsonReader::operator()(const char* key, std::string& value) const {
  value = text(key, member(key));
}
void JsonReader::operator()(const char* key, std::optional<bool>& value) const {
  value.reset();
  if (member(key) == "n/a") return;
  bool present = false;
  (*this)(key, present);
  value = present;
}
void JsonReader::operator()(const char* key, std::optional<double>& value) const {
  value.reset();
  if (!member(key).is_null()) value = number(key, member(key));
}
void JsonReader::operator()(const char* key, std::optional<std::int64_t>& value) const {
  value.reset();
  if (!member(key).is_null()) value = integer<std::int64_t>(key, member(key));
}
void JsonReader::operator()(const char* key, std::vector<std::string>& value) const {
  fill(key, member(key), value, text);
}
void JsonReader::operator()(const char* key, std::vector<int>& value) const {
  fill(key, member(key), value, integer<int>);
}
void JsonReader::operator()(const char* key, std::vector<std::uint64_t>& value) const {
  fill(key, member(key), value, integer<std::uint64_t>);
}
void JsonReader::operator()(const char* key, std::vector<double>& value) const {
  fill(key, member(key), value, number);
}
void JsonReader::operator()(const char* key, std::vector<float>& value) const {
  if (!member(key).is_binary()) refuse(key, "bytes");
  const auto& bytes = member(key).get_binary();
  if (bytes.size() % sizeof(float) != 0) refuse(key, "a whole number of floats");
  value.resize(bytes.size() / sizeof(float));
  if (!value.empty()) std::memcpy(value.data(), bytes.data(), bytes.size());
}
void JsonReader::operator()(const char* key, std::vector<std::uint8_t>& value) const {
  if (!member(key).is_binary()) refuse(key, "bytes");
  value = member(key).get_binary();
}
void JsonReader::operator()(const char* key, ConfusionMatrix& value) const {
  const json& in = member(key);
  ConfusionMatrix matrix;
  matrix.classes = integer<int>(key, in.at("classes"));
  fill(key, in.at("counts"), matrix.counts, integer<std::int64_t>);
  if (matrix.classes < 0 || matrix.classes > kMaxClasses ||
      matrix.counts.size() != std::size_t(matrix.classes) * std::size_t(matrix.classes)) {
    refuse(key, "classes x classes counts");
  }
  value = std::move(matrix);
}

}  // namespace mer
