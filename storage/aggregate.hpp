// Aggregate: mean and sd over the folds of one configuration (or over the seeds of its only fold).
//
// Threads: pure functions. Source: design of the results table; docs/schema.md.
#pragma once

#include <optional>
#include <vector>

#include "core/stats/summary.hpp"
#include "storage/result_store.hpp"

namespace mer::storage {

// The point of one fold: the mean of its trials' values. nullopt unless all `expected` are there and finite.
// `sum` is the plain sum, in submission order, of the `count` finite values.
std::optional<double> point_of(double sum, int count, int expected);

// Mean and sd with divisor n-1 of the points; neither unless every point is there, no sd for one point.
Aggregate aggregate_of(std::vector<std::optional<double>> points, bool over_seeds);

// Student's 95 % interval of the mean; nullopt without an sd.
std::optional<stats::Interval> interval_of(const Aggregate& aggregate);

}  // namespace mer::storage
