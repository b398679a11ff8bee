#include "worker/extractor/acoustic_methods.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/json.hpp"
#include "tests/extractor/signals.hpp"

namespace mer::extractor {
namespace {

// Relative, but coefficients near zero against 1: of 128 bands in decibel that is 0.09 dB in each, which nobody hears.
constexpr double kTolerance = 1e-3;

void expect_equal(const Method& method, const nlohmann::json& expected, const std::string& name) {
  const Result<std::vector<float>> features = method.features(file_of({.kind = expected["kind"],
                                                                       .file = expected["file"],
                                                                       .rate = expected["rate"],
                                                                       .channels = expected["channels"],
                                                                       .samples = expected["samples"]}));
  ASSERT_TRUE(features) << features.error().message;
  const auto& wanted = expected[name];
  ASSERT_EQ(features->size(), wanted.size());
  ASSERT_EQ(method.dim(), int(wanted.size()));
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const double value = wanted[i];
    EXPECT_NEAR((*features)[i], value, kTolerance * std::max(1.0, std::abs(value))) << expected["name"] << ' ' << i;
  }
}

// tests/golden/extractor/features.json is made by tools/oracles/make_features.py.
TEST(AcousticMethodsTest, EqualLibrosa) {
  std::ifstream file(MER_SOURCE_DIR "/tests/golden/extractor/features.json");
  const auto golden = nlohmann::json::parse(file);
  ASSERT_GE(golden["sounds"].size(), 9U);

  for (const auto& expected : golden["sounds"]) {
    expect_equal(*make_mfcc(), expected, "mfcc");
    expect_equal(*make_logmel(), expected, "logmel");
  }
}

TEST(AcousticMethodsTest, AFileThatIsNoAudioHasNoFeatures) {
  const auto features = make_mfcc()->features("no audio");

  ASSERT_FALSE(features);
  EXPECT_THAT(features.error().message, testing::HasSubstr("is no audio file"));
}

}  // namespace
}  // namespace mer::extractor
