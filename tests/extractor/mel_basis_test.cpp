#include "worker/extractor/mel_basis.hpp"

#include <algorithm>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <numeric>

namespace mer::extractor {
namespace {

using testing::ElementsAre;
using testing::FloatNear;

TEST(MelBasisTest, TheWindowIsPeriodic) {
  EXPECT_THAT(hann_window(4), ElementsAre(0, FloatNear(0.5F, 1e-7F), 1, FloatNear(0.5F, 1e-7F)));
}

// librosa.filters.mel(sr=22050, n_fft=2048, n_mels=128), to 7 digits.
TEST(MelBasisTest, FiltersAreThoseOfLibrosa) {
  const std::vector<MelFilter> filters = mel_filters(22050, 2048, 128);
  ASSERT_EQ(filters.size(), 128U);
  const auto at = [&](std::size_t mel, std::size_t bin) {
    const MelFilter& filter = filters[mel];
    return bin >= filter.first && bin - filter.first < filter.weights.size() ? filter.weights[bin - filter.first] : 0;
  };

  EXPECT_EQ(at(0, 0), 0);
  EXPECT_NEAR(at(0, 1), 0.0161828529F, 1e-8);
  EXPECT_NEAR(at(0, 2), 0.0323657058F, 1e-8);
  EXPECT_NEAR(at(64, 183), 0.0048998869F, 1e-8);
  EXPECT_NEAR(at(127, 976), 0.000676043623F, 1e-8);
  EXPECT_EQ(at(127, 1024), 0);
}

TEST(MelBasisTest, AFilterIsNoLongerThanItsTriangle) {
  std::size_t weights = 0;
  for (const MelFilter& filter : mel_filters(22050, 2048, 128)) {
    EXPECT_GT(*std::ranges::min_element(filter.weights), 0);
    weights += filter.weights.size();
  }

  EXPECT_NEAR(double(weights), 2 * 1025, 60);
}

TEST(MelBasisTest, TheCosineTransformIsOrthonormal) {
  std::vector<double> values = {3, -1, 4, 1, -5, 9, 2, -6};

  const std::vector<double> all = cosine_transform(values, 8);

  const auto energy = [](const std::vector<double>& of) {
    return std::inner_product(of.begin(), of.end(), of.begin(), 0.0);
  };
  EXPECT_NEAR(energy(all), energy(values), 1e-12);
  EXPECT_NEAR(all[0], 7 / std::sqrt(8.0), 1e-12);
  EXPECT_NEAR(cosine_transform(std::vector<double>(128, -100.0), 2)[1], 0, 1e-9);
}

}  // namespace
}  // namespace mer::extractor
