#include "storage/aggregate.hpp"

#include <cmath>

namespace mer::storage {

std::optional<double> point_of(double sum, int count, int expected) {
  if (count != expected || expected == 0) return std::nullopt;
  return sum / count;
}

Aggregate aggregate_of(std::vector<std::optional<double>> points, bool over_seeds) {
  Aggregate aggregate;
  aggregate.over_seeds = over_seeds;
  aggregate.expected_n = static_cast<int>(points.size());
  double sum = 0;
  for (const auto& point : points) {
    if (!point) continue;
    sum += *point;
    ++aggregate.n;
  }
  if (aggregate.n == aggregate.expected_n && aggregate.n > 0) {
    const double mean = sum / aggregate.n;
    double squares = 0;
    for (const auto& point : points) squares += (*point - mean) * (*point - mean);
    aggregate.mean = mean;
    if (aggregate.n > 1) aggregate.sd = std::sqrt(squares / (aggregate.n - 1));
  }
  aggregate.points = std::move(points);
  return aggregate;
}

std::optional<stats::Interval> interval_of(const Aggregate& aggregate) {
  if (!aggregate.sd) return std::nullopt;
  std::vector<double> values;
  for (const auto& point : aggregate.points) values.push_back(*point);
  return stats::student_interval(values);
}

}  // namespace mer::storage
