#include "worker/extractor/acoustic_methods.hpp"

#include <exception>
#include <limits>
#include <sndfile.h>
#include <soxr.h>
#include <string>
#include <torch/headeronly/version.h>
#include <utility>

#include "core/json.hpp"
#include "worker/extractor/log_mel.hpp"
#include "worker/extractor/mel_basis.hpp"
#include "worker/extractor/resampling.hpp"
#include "worker/extractor/waveform.hpp"

namespace mer::extractor {
namespace {

constexpr int kRate = 22'050;            // librosa.load
constexpr std::size_t kLength = 96'000;  // TIM-Net's mean_signal_length
constexpr int kCoefficients = 100;

nlohmann::json shared_parameters() {
  return {{"rate", kRate}, {"window", LogMel::kWindow}, {"hop", LogMel::kHop}, {"mels", LogMel::kMels}};
}

// "libsoxr-0.1.3" without the name.
std::string number_in(const std::string& version) {
  return version.substr(version.find('-') + 1);
}

nlohmann::json shared_versions() {
  return {{"libsndfile", number_in(::sf_version_string())},
          {"libsoxr", number_in(::soxr_version())},
          {"libtorch", TORCH_VERSION}};
}

// The middle of it, at kRate; all of it where that is less.
Result<Waveform> heard(std::string_view bytes, std::size_t most) {
  MER_ASSIGN(AudioFile file, AudioFile::open(bytes));
  const std::size_t samples = resampled_length(file.samples(), file.rate(), kRate);
  return resampled_part(file, kRate, middle(samples, most));
}

// LibTorch throws, for want of memory mostly.
Result<Spectrogram> bands_of(const LogMel& log_mel, const std::vector<float>& samples) {
  try {
    return log_mel.of(samples);
  } catch (const std::exception& error) {
    return Error{ErrorCode::internal, error.what()};
  }
}

class Mfcc : public Method {
 public:
  int dim() const override { return kCoefficients; }
  nlohmann::json parameters() const override {
    nlohmann::json parameters = shared_parameters();
    parameters["length"] = kLength;
    parameters["coefficients"] = kCoefficients;
    return parameters;
  }
  nlohmann::json versions() const override { return shared_versions(); }

  // The mean commutes with the transform, which is then computed once.
  Result<std::vector<float>> features(std::string_view input) const override {
    MER_ASSIGN(Waveform wave, heard(input, kLength));
    MER_ASSIGN(const Spectrogram bands, bands_of(log_mel_, centred(std::move(wave.samples), kLength)));
    const std::vector<double> cepstrum = cosine_transform(mean_over_time(bands), kCoefficients);
    return std::vector<float>(cepstrum.begin(), cepstrum.end());
  }

 private:
  LogMel log_mel_{kRate};
};

class PooledLogMel : public Method {
 public:
  int dim() const override { return 2 * LogMel::kMels; }
  nlohmann::json parameters() const override { return shared_parameters(); }
  nlohmann::json versions() const override { return shared_versions(); }

  Result<std::vector<float>> features(std::string_view input) const override {
    MER_ASSIGN(const Waveform wave, heard(input, std::numeric_limits<std::size_t>::max()));
    MER_ASSIGN(const Spectrogram bands, bands_of(log_mel_, wave.samples));
    const std::vector<double> mean = mean_over_time(bands), sd = sd_over_time(bands, mean);
    std::vector<float> features(mean.begin(), mean.end());
    features.insert(features.end(), sd.begin(), sd.end());
    return features;
  }

 private:
  LogMel log_mel_{kRate};
};

}  // namespace

std::unique_ptr<const Method> make_mfcc() {
  return std::make_unique<const Mfcc>();
}

std::unique_ptr<const Method> make_logmel() {
  return std::make_unique<const PooledLogMel>();
}

}  // namespace mer::extractor
