#include "data/safetensors.hpp"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <optional>
#include <sys/mman.h>
#include <vector>

#include "core/check.hpp"
#include "core/json.hpp"
#include "core/json_text.hpp"
#include "core/quoting.hpp"
#include "data/safetensors_header.hpp"

namespace mer::data {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors bytes are used in place");

constexpr std::size_t kLengthBytes = 8;
constexpr std::size_t kMaxHeaderBytes = 100'000'000;  // as the reference implementation
constexpr std::size_t kAlignment = 64;
constexpr const char* kMetadata = "__metadata__";

struct TypeName {
  TensorType type;
  const char* name;
};
constexpr TypeName kTypes[] = {{TensorType::f32, "F32"},   {TensorType::f64, "F64"}, {TensorType::f16, "F16"},
                               {TensorType::bf16, "BF16"}, {TensorType::i64, "I64"}, {TensorType::u8, "U8"}};

const char* name_of(TensorType type) {
  return std::ranges::find(kTypes, type, &TypeName::type)->name;
}

Error corrupt(std::string message) {
  return {ErrorCode::corrupt, std::move(message)};
}

Error tensor_error(const std::string& path, const std::string& tensor, const std::string& problem) {
  return corrupt(path + ": tensor " + quote(tensor) + ": " + problem);
}

// Bytes of a tensor; nullopt when the product overflows.
std::optional<std::uint64_t> bytes_of(TensorType type, const std::vector<std::int64_t>& shape) {
  std::uint64_t bytes = size_of(type);
  for (const std::int64_t extent : shape) {
    if (__builtin_mul_overflow(bytes, std::uint64_t(extent), &bytes)) return std::nullopt;
  }
  return bytes;
}

struct Entry {
  std::string name;
  TensorType type = TensorType::f32;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0, end = 0;  // within the data section
};

bool is_size(const nlohmann::json& value) {
  return value.is_number_unsigned() && value.get<std::uint64_t>() <= std::uint64_t(INT64_MAX);
}

bool is_size_list(const nlohmann::json& value) {
  return value.is_array() && std::ranges::all_of(value, is_size);
}

Result<Entry> entry_from(const std::string& path, const std::string& name, const nlohmann::json& value) {
  if (!value.is_object() || value.size() != 3 || !value.contains("dtype") || !value.contains("shape") ||
      !value.contains("data_offsets")) {
    return tensor_error(path, name, "expected {\"dtype\", \"shape\", \"data_offsets\"}, found " + shown(value));
  }
  Entry entry;
  entry.name = name;
  const nlohmann::json& dtype = value.at("dtype");
  const auto* known =
      std::ranges::find_if(kTypes, [&](const TypeName& type) { return dtype.is_string() && dtype == type.name; });
  if (known == std::end(kTypes)) {
    return tensor_error(path, name, "dtype " + shown(dtype) + ", expected F32, F64, F16, BF16, I64 or U8");
  }
  entry.type = known->type;
  if (!is_size_list(value.at("shape"))) {
    return tensor_error(path, name, "shape " + shown(value.at("shape")) + ", expected a list of sizes");
  }
  entry.shape = value.at("shape").get<std::vector<std::int64_t>>();
  const nlohmann::json& offsets = value.at("data_offsets");
  if (!is_size_list(offsets) || offsets.size() != 2 || offsets[0] > offsets[1]) {
    return tensor_error(path, name, "data_offsets " + shown(offsets) + ", expected [begin, end]");
  }
  entry.begin = offsets[0].get<std::uint64_t>();
  entry.end = offsets[1].get<std::uint64_t>();
  const std::optional<std::uint64_t> bytes = bytes_of(entry.type, entry.shape);
  if (!bytes || *bytes != entry.end - entry.begin) {
    return tensor_error(path, name,
                        "data_offsets span " + std::to_string(entry.end - entry.begin) + " bytes, but shape " +
                            shown(value.at("shape")) + " of " + name_of(entry.type) + " needs " +
                            (bytes ? std::to_string(*bytes) : std::string("more than any file has")));
  }
  return entry;
}

// The format allows neither overlaps nor gaps, so sorted entries must tile the data section.
Status check_tiling(const std::string& path, std::vector<Entry>& entries, std::uint64_t data_bytes) {
  std::ranges::sort(entries, {}, [](const Entry& entry) { return std::pair(entry.begin, entry.end); });
  std::uint64_t expected = 0;
  for (const Entry& entry : entries) {
    if (entry.begin != expected) {
      return tensor_error(path, entry.name,
                          "begins at " + std::to_string(entry.begin) + " where " + std::to_string(expected) +
                              " was expected: tensors overlap or leave a gap");
    }
    expected = entry.end;
  }
  if (expected != data_bytes) {
    return corrupt(path + ": " + std::to_string(data_bytes) + " bytes of data, but the header describes " +
                   std::to_string(expected) + ": the file is truncated or has bytes appended");
  }
  return {};
}

Result<std::map<std::string, std::string>> metadata_from(const std::string& path, const nlohmann::json& value) {
  std::map<std::string, std::string> metadata;
  if (!value.is_object()) return corrupt(path + ": " + kMetadata + " is not an object of strings");
  for (const auto& [key, text] : value.items()) {
    if (!text.is_string()) {
      return corrupt(path + ": " + kMetadata + " " + quote(key) + " is " + shown(text) + ", expected a string");
    }
    metadata[key] = text.get<std::string>();
  }
  return metadata;
}

Result<std::shared_ptr<const void>> map_file(const std::string& path, std::size_t& bytes) {
  MER_ASSIGN(const OpenFile file, open_regular(path));
  if (file.bytes < kLengthBytes) {
    return corrupt(path + ": " + std::to_string(file.bytes) + " bytes, too short for a safetensors file");
  }
  bytes = file.bytes;
  void* address = ::mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, file.descriptor.get(), 0);
  if (address == MAP_FAILED) return system_error(errno, path);
  return std::shared_ptr<const void>(address, [bytes](const void* at) { ::munmap(const_cast<void*>(at), bytes); });
}

// The JSON text between the length and the data section.
Result<std::string_view> header_of(const std::string& path, std::span<const char> file) {
  std::uint64_t length = 0;
  std::copy_n(file.data(), kLengthBytes, reinterpret_cast<char*>(&length));
  const std::uint64_t available = file.size() - kLengthBytes;
  if (length > kMaxHeaderBytes || length > available) {
    return corrupt(path + ": header of " + std::to_string(length) + " bytes, but the file has " +
                   std::to_string(available) + " after the length, and at most " + std::to_string(kMaxHeaderBytes) +
                   " are allowed");
  }
  const std::string_view header(file.data() + kLengthBytes, length);
  if (!header.starts_with('{')) return corrupt(path + ": the header does not begin with '{': not a safetensors file");
  return header;
}

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

struct Described {
  std::string name;
  TensorType type = TensorType::f32;
  std::vector<std::int64_t> shape;
};

// Length and JSON header, padded with spaces so that the data section is aligned.
Result<std::string> header_text(const std::vector<Described>& tensors,
                                const std::map<std::string, std::string>& metadata) {
  nlohmann::json header = nlohmann::json::object();
  if (!metadata.empty()) header[kMetadata] = metadata;
  std::uint64_t offset = 0;
  for (const Described& tensor : tensors) {
    if (tensor.name == kMetadata) return invalid(std::string("a tensor may not be called \"") + kMetadata + "\"");
    const std::optional<std::uint64_t> bytes = bytes_of(tensor.type, tensor.shape);
    MER_CHECK(bytes.has_value(), tensor.name.c_str());
    const std::uint64_t end = offset + *bytes;
    header[tensor.name] = {{"dtype", name_of(tensor.type)}, {"shape", tensor.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text;
  try {
    text = header.dump();
  } catch (const nlohmann::json::exception&) {
    return invalid("a tensor's name or a metadata text is not UTF-8");
  }
  text.resize((kLengthBytes + text.size() + kAlignment - 1) / kAlignment * kAlignment - kLengthBytes, ' ');
  const std::uint64_t length = text.size();
  return std::string(reinterpret_cast<const char*>(&length), kLengthBytes) + text;
}

}  // namespace

std::size_t size_of(TensorType type) {
  switch (type) {
    case TensorType::f32: return 4;
    case TensorType::f64: return 8;
    case TensorType::f16: return 2;
    case TensorType::bf16: return 2;
    case TensorType::i64: return 8;
    case TensorType::u8: return 1;
  }
  return 1;
}

Result<SafetensorsFile> SafetensorsFile::open(const std::string& path) {
  SafetensorsFile file;
  file.path_ = path;
  std::size_t bytes = 0;
  MER_ASSIGN(file.mapping_, map_file(path, bytes));
  const std::span<const char> all(static_cast<const char*>(file.mapping_.get()), bytes);
  MER_ASSIGN(const std::string_view text, header_of(path, all));
  const auto header = parse_json_text(text, path + ": header");
  if (!header) return corrupt(header.error().message);

  std::vector<Entry> entries;
  for (const auto& [name, value] : header->items()) {
    if (name == kMetadata) {
      MER_ASSIGN(file.metadata_, metadata_from(path, value));
      continue;
    }
    MER_ASSIGN(Entry entry, entry_from(path, name, value));
    entries.push_back(std::move(entry));
  }
  const std::span<const std::byte> data = std::as_bytes(all.subspan(kLengthBytes + text.size()));
  MER_TRY(check_tiling(path, entries, data.size()));
  for (Entry& entry : entries) {
    file.tensors_[entry.name] = {entry.type, std::move(entry.shape),
                                 data.subspan(entry.begin, entry.end - entry.begin)};
  }
  return file;
}

Result<TensorView> SafetensorsFile::find(const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found != tensors_.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [known, view] : tensors_) names.push_back(known);
  return Error{ErrorCode::not_found, path_ + ": no tensor " + quote(name) + ", the file has " + quote_list(names)};
}

Result<WrittenFile> write_safetensors(const std::string& path, const std::map<std::string, TensorView>& tensors,
                                      const std::map<std::string, std::string>& metadata) {
  std::vector<const std::pair<const std::string, TensorView>*> order;
  for (const auto& item : tensors) order.push_back(&item);
  std::ranges::stable_sort(order, std::greater(), [](const auto* item) { return size_of(item->second.type); });
  std::vector<Described> described;
  std::vector<std::string_view> chunks(1);
  for (const auto* item : order) {
    const auto& [name, view] = *item;
    MER_CHECK(bytes_of(view.type, view.shape) == view.bytes.size(), name.c_str());
    described.push_back({name, view.type, view.shape});
    chunks.push_back(text_of(view.bytes));
  }
  const Result<std::string> header = header_text(described, metadata);
  if (!header) return Error{header.error().code, path + ": " + header.error().message};
  chunks.front() = *header;
  return write_file(path, chunks);
}

Result<std::string> safetensors_header(const std::string& name, TensorType type, const std::vector<std::int64_t>& shape,
                                       const std::map<std::string, std::string>& metadata) {
  return header_text({{name, type, shape}}, metadata);
}

}  // namespace mer::data
