#include "data/import/wav_length.hpp"

#include <algorithm>
#include <cstdint>
#include <span>
#include <unistd.h>

#include "data/file_io.hpp"
#include "data/sound_file.hpp"

namespace mer::data {

Result<WavLength> wav_length(const std::string& path) {
  MER_ASSIGN(const OpenFile file, open_regular(path));
  if (file.bytes == 0) return invalid("the file has no bytes");
  const auto read = [&](std::uint64_t offset, std::span<char> to) {
    return std::size_t(std::max<ssize_t>(::pread(file.descriptor.get(), to.data(), to.size(), off_t(offset)), 0));
  };
  MER_ASSIGN(const auto audio, SoundFile::open(file.bytes, read));
  const SF_INFO& info = audio->info();
  if (info.frames <= 0) return invalid("it holds no samples");
  return WavLength{double(info.frames) / double(info.samplerate), audio->cut_off()};
}

}  // namespace mer::data
