#include "data/import/wav_length.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <unistd.h>

#include "data/file_io.hpp"
#include "data/sound_file.hpp"

namespace mer::data {
namespace {

// The size that a RIFF header has of the rest of the file; that of one that was streamed says nothing.
bool is_cut_off(const OpenFile& file) {
  constexpr std::uint32_t kStreamed = 0x7FFFFFFF;
  std::array<char, 8> header{};
  if (::pread(file.descriptor.get(), header.data(), header.size(), 0) != ssize_t(header.size())) return false;
  std::uint32_t rest = 0;
  std::memcpy(&rest, header.data() + 4, sizeof(rest));
  return std::memcmp(header.data(), "RIFF", 4) == 0 && rest < kStreamed && file.bytes < header.size() + rest;
}

}  // namespace

Result<WavLength> wav_length(const std::string& path) {
  MER_ASSIGN(const OpenFile file, open_regular(path));
  if (file.bytes == 0) return invalid("the file has no bytes");
  const bool cut_off = is_cut_off(file);
  const auto read = [&](std::uint64_t offset, std::span<char> to) {
    return std::size_t(std::max<ssize_t>(::pread(file.descriptor.get(), to.data(), to.size(), off_t(offset)), 0));
  };
  MER_ASSIGN(const auto audio, SoundFile::open(file.bytes, read));
  const SF_INFO& info = audio->info();
  if (info.frames <= 0) return invalid("it holds no samples");
  return WavLength{double(info.frames) / double(info.samplerate), cut_off};
}

}  // namespace mer::data
