#include "data/safetensors.hpp"

#include <string>

#include "tests/fuzz/memory_file.hpp"

// A header that is taken names tensors whose bytes lie in the file and fit their shapes. The first eight bytes, the
// header's length, are put right, so that most inputs get as far as the header.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using mer::fuzz::require;
  const std::string_view bytes = mer::fuzz::text_of(data, size);
  const std::size_t end = bytes.find('\n');
  const std::uint64_t header = end == std::string_view::npos ? size : end;
  std::string file(reinterpret_cast<const char*>(&header), sizeof(header));
  file += bytes.substr(0, header);
  if (end != std::string_view::npos) file += bytes.substr(end + 1);

  const mer::fuzz::MemoryFile memory(file);
  const auto tensors = mer::data::SafetensorsFile::open(memory.path());
  if (!tensors) {
    require(mer::is_utf8(tensors.error().message));
    return 0;
  }
  unsigned sum = 0;
  for (const auto& [name, tensor] : tensors->tensors()) {
    std::size_t count = mer::data::size_of(tensor.type);
    for (const std::int64_t extent : tensor.shape) count *= std::size_t(extent);
    require(count == tensor.bytes.size());
    for (const std::byte byte : tensor.bytes) sum += unsigned(byte);
  }
  static volatile unsigned sink;
  sink = sum;  // the bytes were read
  return 0;
}
