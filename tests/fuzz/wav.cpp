#include <cmath>
#include <span>

#include "data/import/wav_length.hpp"
#include "tests/fuzz/memory_file.hpp"
#include "worker/extractor/waveform.hpp"

// What is heard is finite, and of a part the same as in the whole; a length is one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using mer::fuzz::require;
  const std::string_view bytes = mer::fuzz::text_of(data, size);
  const auto length = mer::data::wav_length(mer::fuzz::MemoryFile(bytes).path());
  require(length.ok() ? std::isfinite(length->seconds) && length->seconds > 0 : mer::is_utf8(length.error().message));

  auto audio = mer::extractor::AudioFile::open(bytes);
  if (!audio) {
    require(mer::is_utf8(audio.error().message));
    return 0;
  }
  const std::size_t samples = audio->samples();
  const auto heard = audio->read({0, samples});
  if (!heard) {
    require(mer::is_utf8(heard.error().message));
    return 0;
  }
  require(heard->rate > 0 && heard->samples.size() == samples);
  for (const float sample : heard->samples) require(std::isfinite(sample));
  const auto part = mer::extractor::middle(samples, samples / 2);
  auto again = mer::extractor::AudioFile::open(bytes);
  const auto half = again->read(part);
  require(half.ok() && std::ranges::equal(half->samples, std::span(heard->samples).subspan(part.begin, part.size())));
  return 0;
}
