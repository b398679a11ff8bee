#include "core/stats/summary.hpp"

#include <cmath>
#include <limits>
#include <numeric>

#include "core/stats/distributions.hpp"

namespace mer::stats {

double mean_of(std::span<const double> values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  return std::accumulate(values.begin(), values.end(), 0.0) / double(values.size());
}

std::optional<double> sd_of(std::span<const double> values) {
  if (values.size() < 2) return std::nullopt;
  const double mean = mean_of(values);
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / double(values.size() - 1));
}

std::optional<Interval> student_interval(std::span<const double> values, double level) {
  const std::optional<double> sd = sd_of(values);
  if (!sd) return std::nullopt;
  const double mean = mean_of(values);
  const double reach =
      student_quantile((1 + level) / 2, double(values.size() - 1)) * *sd / std::sqrt(double(values.size()));
  return Interval{mean - reach, mean + reach};
}

}  // namespace mer::stats
