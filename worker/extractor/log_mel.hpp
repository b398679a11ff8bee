// LogMel: the mel spectrogram of a signal in decibel, as librosa's melspectrogram and power_to_db give it.
//
// Frames begin every `hop` samples, their middles on the samples 0, hop, 2 hop, ...; beyond its ends the signal is
// zero. Powers below 1e-10 count as that, and so does, in decibel, what is more than 80 below the loudest place of the
// signal. The Fourier transforms are LibTorch's. Threads: any may call a LogMel. Each thread computes
// alone: a result does not depend on how many there are. Errors: none.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace mer::extractor {

struct Spectrogram {
  std::size_t mels = 0;
  std::vector<float> decibel;  // row-major [frames, mels]

  std::size_t frames() const { return decibel.size() / mels; }
};

class LogMel {
 public:
  static constexpr int kWindow = 2048;
  static constexpr int kHop = 512;
  static constexpr int kMels = 128;

  explicit LogMel(int rate);  // of the signals, samples a second
  ~LogMel();
  LogMel(const LogMel&) = delete;
  LogMel& operator=(const LogMel&) = delete;

  // REQUIRES: samples is not empty.
  Spectrogram of(std::span<const float> samples) const;

 private:
  struct Basis;
  std::unique_ptr<const Basis> basis_;
};

// Of each mel, over the frames. sd: of the population.
std::vector<double> mean_over_time(const Spectrogram& spectrogram);
std::vector<double> sd_over_time(const Spectrogram& spectrogram, std::span<const double> mean);

}  // namespace mer::extractor
