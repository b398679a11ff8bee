#include "storage/aggregate.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace mer::storage {
namespace {

// The trials of one fold, or of one seed.
struct Point {
  std::uint64_t key = 0;
  std::vector<const ScoredTrial*> trials;

  std::optional<double> mean_of(double Scores::*metric) const {
    double sum = 0;
    for (const ScoredTrial* const trial : trials) {
      if (!trial->scores || !std::isfinite((*trial->scores).*metric)) return std::nullopt;
      sum += (*trial->scores).*metric;
    }
    return sum / double(trials.size());
  }
};

// As they come, so that a configuration's points are in submission order.
std::vector<Point> points_of(const std::vector<const ScoredTrial*>& trials, bool over_seeds) {
  std::vector<Point> points;
  for (const ScoredTrial* const trial : trials) {
    const std::uint64_t key = over_seeds ? trial->seed : std::uint64_t(trial->fold);
    auto point = std::ranges::find(points, key, &Point::key);
    if (point == points.end()) point = points.insert(points.end(), {key, {}});
    point->trials.push_back(trial);
  }
  return points;
}

Aggregate aggregate_of(const std::vector<Point>& points, double Scores::*metric, bool over_seeds) {
  Aggregate aggregate;
  aggregate.over_seeds = over_seeds;
  aggregate.expected_n = static_cast<int>(points.size());
  std::vector<double> values;
  for (const Point& point : points) {
    aggregate.points.push_back(point.mean_of(metric));
    if (aggregate.points.back()) values.push_back(*aggregate.points.back());
  }
  aggregate.n = static_cast<int>(values.size());
  if (aggregate.n < aggregate.expected_n) return aggregate;
  aggregate.mean = stats::mean_of(values);
  if (aggregate.n > 1) aggregate.sd = stats::sd_of(values);
  return aggregate;
}

ResultRow row_of(int configuration, const std::vector<const ScoredTrial*>& trials) {
  ResultRow row;
  row.configuration = configuration;
  for (const ScoredTrial* const trial : trials) {
    if (std::ranges::find(row.folds, trial->fold) == row.folds.end()) row.folds.push_back(trial->fold);
  }
  const bool over_seeds = row.folds.size() == 1;
  const std::vector<Point> points = points_of(trials, over_seeds);
  row.wa = aggregate_of(points, &Scores::wa, over_seeds);
  row.ua = aggregate_of(points, &Scores::ua, over_seeds);
  row.macro_f1 = aggregate_of(points, &Scores::macro_f1, over_seeds);
  row.weighted_f1 = aggregate_of(points, &Scores::weighted_f1, over_seeds);
  return row;
}

}  // namespace

std::vector<ResultRow> result_rows(std::span<const ScoredTrial> trials) {
  std::map<int, std::vector<const ScoredTrial*>> groups;
  for (const ScoredTrial& trial : trials) groups[trial.configuration].push_back(&trial);
  std::vector<ResultRow> rows;
  rows.reserve(groups.size());
  for (const auto& [configuration, group] : groups) rows.push_back(row_of(configuration, group));
  return rows;
}

std::optional<stats::Interval> interval_of(const Aggregate& aggregate) {
  if (!aggregate.sd) return std::nullopt;
  std::vector<double> values;
  for (const auto& point : aggregate.points) values.push_back(*point);
  return stats::student_interval(values);
}

}  // namespace mer::storage
