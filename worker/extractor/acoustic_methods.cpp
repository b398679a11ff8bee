#include "worker/extractor/acoustic_methods.hpp"

#include <exception>
#include <sndfile.h>
#include <soxr.h>
#include <string>
#include <torch/headeronly/version.h>
#include <utility>

#include "core/json.hpp"
#include "worker/extractor/log_mel.hpp"
#include "worker/extractor/mel_basis.hpp"
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

Result<Waveform> heard(std::string_view file) {
  MER_ASSIGN(Waveform wave, decode_audio(file));
  return resampled(std::move(wave), kRate);
}

// LibTorch throws, for want of memory mostly.
Result<MeanAndSd> bands_of(const LogMel& log_mel, const std::vector<float>& samples) {
  try {
    return over_time(log_mel.of(samples));
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
    MER_ASSIGN(Waveform wave, heard(input));
    MER_ASSIGN(const MeanAndSd bands, bands_of(log_mel_, centred(std::move(wave.samples), kLength)));
    const std::vector<double> cepstrum = cosine_transform(bands.mean, kCoefficients);
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
    MER_ASSIGN(const Waveform wave, heard(input));
    MER_ASSIGN(const MeanAndSd bands, bands_of(log_mel_, wave.samples));
    std::vector<float> features(bands.mean.begin(), bands.mean.end());
    features.insert(features.end(), bands.sd.begin(), bands.sd.end());
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
