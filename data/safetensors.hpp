// safetensors files: an 8-byte little-endian header length, a JSON header, then the tensors' bytes. No code is ever
// loaded from such a file. Format: github.com/huggingface/safetensors.
//
// Threads: a mapped file is immutable, any thread may read. Errors: corrupt (header over 100 MB, offsets that overlap,
// leave a gap or leave the file, unknown dtype, size that does not match the shape, duplicate names), not_found, io,
// no_space; messages name file and tensor.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "data/file_io.hpp"

namespace mer::data {

enum class TensorType { f32, f64, f16, bf16, i64, u8 };
std::size_t size_of(TensorType type);

struct TensorView {
  TensorType type = TensorType::f32;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> bytes;  // little-endian, row-major; not necessarily aligned for `type`
};

// A memory-mapped file. Copies share the mapping; views live as long as one copy does.
class SafetensorsFile {
 public:
  static Result<SafetensorsFile> open(const std::string& path);

  const std::map<std::string, TensorView>& tensors() const { return tensors_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  Result<TensorView> find(const std::string& name) const;  // error not_found, naming what the file has
  std::shared_ptr<const void> mapping() const { return mapping_; }

 private:
  std::string path_;
  std::shared_ptr<const void> mapping_;
  std::map<std::string, TensorView> tensors_;
  std::map<std::string, std::string> metadata_;
};

// Writes to `path` so that the file is complete or absent: temporary name in the same folder, fsync, rename, fsync of
// the folder. The first tensor begins at a multiple of 64 bytes; tensors follow each other by element size, largest
// first, then by name, without gaps (the format allows none), so each is aligned for its type. Bytes are kept as they
// are, NaN payloads included. REQUIRES: each view's bytes fit its shape. Error invalid: a name or a metadata text that
// is not UTF-8, or a tensor called "__metadata__".
Result<WrittenFile> write_safetensors(const std::string& path, const std::map<std::string, TensorView>& tensors,
                                      const std::map<std::string, std::string>& metadata);

}  // namespace mer::data
