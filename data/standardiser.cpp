#include <cmath>
#include <limits>

#include "core/check.hpp"
#include "data/fold.hpp"

namespace mer::data {
namespace {

// scikit-learn's bound (sklearn.preprocessing._data._is_constant_feature): the rounding error that the variance of a
// constant column may show.
bool is_constant(double variance, double mean, double rows) {
  constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
  const double of_mean = rows * mean * kEpsilon;
  return variance <= rows * kEpsilon * variance + of_mean * of_mean;
}

}  // namespace

Standardiser fit_standardiser(const FeatureMatrix& features, const std::vector<std::uint32_t>& rows) {
  MER_CHECK(!rows.empty(), "a standardiser needs training rows");
  const auto dim = std::size_t(features.dim);
  const auto count = double(rows.size());
  Standardiser fitted{std::vector<double>(dim), std::vector<double>(dim)};
  for (const std::uint32_t row : rows) {
    const std::span<const float> values = features.row(row);
    for (std::size_t i = 0; i < dim; ++i) fitted.mean[i] += double(values[i]);
  }
  for (double& mean : fitted.mean) mean /= count;

  // Two passes; the sum of deviations corrects for the rounding of the mean.
  std::vector<double> deviations(dim), squares(dim);
  for (const std::uint32_t row : rows) {
    const std::span<const float> values = features.row(row);
    for (std::size_t i = 0; i < dim; ++i) {
      const double deviation = double(values[i]) - fitted.mean[i];
      deviations[i] += deviation;
      squares[i] += deviation * deviation;
    }
  }
  for (std::size_t i = 0; i < dim; ++i) {
    const double variance = (squares[i] - deviations[i] * deviations[i] / count) / count;
    fitted.scale[i] = is_constant(variance, fitted.mean[i], count) ? 1.0 : std::sqrt(variance);
  }
  return fitted;
}

}  // namespace mer::data
