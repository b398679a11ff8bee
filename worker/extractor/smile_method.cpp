#include "worker/extractor/smile_method.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "core/json.hpp"
#include "worker/extractor/smile_package.hpp"
#include "worker/extractor/smile_process.hpp"
#include "worker/extractor/waveform.hpp"

namespace mer::extractor {
namespace {

// As the Python package converts: towards zero. It lets what is beyond full scale wrap around, which would be a click.
std::vector<std::int16_t> sixteen_bits(const std::vector<float>& samples) {
  std::vector<std::int16_t> result(samples.size());
  std::ranges::transform(samples, result.begin(),
                         [](float sample) { return std::int16_t(std::clamp(sample * 32768, -32768.0F, 32767.0F)); });
  return result;
}

class Smile : public Method {
 public:
  Smile(std::string config, SmilePackage package, std::unique_ptr<SmilePool> pool)
      : config_(std::move(config)), package_(std::move(package)), pool_(std::move(pool)) {}

  int dim() const override { return int(pool_->names().size()); }
  std::vector<std::string> names() const override { return pool_->names(); }
  nlohmann::json parameters() const override {
    return {{"config", config_}, {"configs", package_.configs_hash}, {"level", "func"}, {"channel", 0}, {"bits", 16}};
  }
  nlohmann::json versions() const override {
    return {{"opensmile", package_.version}, {"libSMILEapi", package_.library_hash}};
  }

  Result<std::vector<float>> features(std::string_view input) const override {
    MER_ASSIGN(const Waveform wave, decode_audio(input, Channels::first));
    const std::vector<std::int16_t> samples = sixteen_bits(wave.samples);
    MER_ASSIGN(std::vector<float> features, pool_->features(wave.rate, samples));
    if (features.empty()) return too_short(wave);
    return features;
  }

 private:
  static Error too_short(const Waveform& wave) {
    std::array<char, 160> text{};
    std::snprintf(text.data(), text.size(),
                  "%.4f s long (%zu samples), too short for openSMILE, which computes nothing of it: expected 0.06 s",
                  double(wave.samples.size()) / wave.rate, wave.samples.size());
    return invalid(text.data());
  }

  std::string config_;
  SmilePackage package_;
  std::unique_ptr<SmilePool> pool_;
};

Result<std::unique_ptr<const Method>> make_smile(const std::string& config, const MethodOptions& options) {
  MER_ASSIGN(SmilePackage package, find_smile_package(options.opensmile));
  MER_ASSIGN(std::unique_ptr<SmilePool> pool, SmilePool::open({std::filesystem::path(options.programs) / "mer-smile",
                                                               package.library, package.configs, config}));
  return std::unique_ptr<const Method>(std::make_unique<const Smile>(config, std::move(package), std::move(pool)));
}

}  // namespace

Result<std::unique_ptr<const Method>> make_compare2016(const MethodOptions& options) {
  return make_smile("compare/ComParE_2016", options);
}

Result<std::unique_ptr<const Method>> make_egemaps(const MethodOptions& options) {
  return make_smile("egemaps/v02/eGeMAPSv02", options);
}

}  // namespace mer::extractor
