// Waveform: what is heard in an audio file, as one channel of samples.
//
// WAV, FLAC, AIFF, SPHERE, Ogg, MP3: what libsndfile reads. Threads: pure functions; an AudioFile has one user at a
// time. Errors: invalid: no audio file, an empty or damaged one, or one that is too long.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "data/sound_file.hpp"

namespace mer::extractor {

// Longer ones are no turns of a dialogue, and would take the memory of many.
constexpr int kMostSeconds = 3600;

struct Waveform {
  int rate = 0;                // samples a second
  std::vector<float> samples;  // integers are scaled to [-1, 1); several channels: as Channels says
};

enum class Channels { mean, first };

// Samples begin, begin + 1, ..., end - 1 of a signal.
struct Stretch {
  std::size_t begin = 0, end = 0;
  std::size_t size() const { return end - begin; }
};

class AudioFile {
 public:
  // `bytes`: of a whole file; they must outlive it.
  static Result<AudioFile> open(std::string_view bytes);

  int rate() const;             // samples a second
  std::size_t samples() const;  // of each channel

  // REQUIRES: begin <= end <= samples(). In a WAV or AIFF file of plain numbers, others are not even looked at.
  Result<Waveform> read(Stretch stretch, Channels channels = Channels::mean);

 private:
  explicit AudioFile(std::unique_ptr<data::SoundFile> file) : file_(std::move(file)) {}
  std::unique_ptr<data::SoundFile> file_;
};

// `bytes`: of a whole file.
Result<Waveform> decode_audio(std::string_view bytes, Channels channels = Channels::mean);

// The middle `length` samples of a signal, all of a shorter one. Where the sides cannot be equal, the right one is
// longer.
Stretch middle(std::size_t samples, std::size_t length);

// Between zeros, `length` samples in all. Where the two sides cannot be equal, the right one gets the odd zero.
// REQUIRES: samples.size() <= length.
std::vector<float> centred(std::vector<float> samples, std::size_t length);

}  // namespace mer::extractor
