#include "data/import/wav_length.hpp"

#include <memory>
#include <sndfile.h>

#include "data/file_io.hpp"

namespace mer::data {

Result<double> wav_seconds(const std::string& path) {
  MER_ASSIGN(const OpenFile file, open_regular(path));
  if (file.bytes == 0) return invalid("the file has no bytes");
  SF_INFO info{};
  const std::unique_ptr<SNDFILE, int (*)(SNDFILE*)> audio(
      ::sf_open_fd(file.descriptor.get(), SFM_READ, &info, SF_FALSE), ::sf_close);
  if (audio == nullptr) return invalid(::sf_strerror(nullptr));
  if (info.frames <= 0) return invalid("it holds no samples");
  return double(info.frames) / double(info.samplerate);
}

}  // namespace mer::data
