// Aggregate: mean and sd over the folds of one configuration (or over the seeds of its only fold).
//
// Threads: pure functions. Source: design of the results table; docs/schema.md.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/scores.hpp"
#include "core/stats/summary.hpp"
#include "storage/result_store.hpp"

namespace mer::storage {

// A trial's scores under a rule; nullopt: it has none. One that is not finite counts as missing.
struct ScoredTrial {
  int configuration = 0, fold = 0;  // as in TrialRow
  std::uint64_t seed = 0;
  std::optional<Scores> scores;
};

// One row for each configuration, in order. A point is the mean of a fold's trials (of one fold: of a seed's), nullopt
// unless each of them has its score. Mean and sd with divisor n-1 of the points; neither unless every point is there,
// no sd for one point. `trials`: all of each configuration, in submission order, which is that of the points.
std::vector<ResultRow> result_rows(std::span<const ScoredTrial> trials);

// Student's 95 % interval of the mean; nullopt without an sd.
std::optional<stats::Interval> interval_of(const Aggregate& aggregate);

}  // namespace mer::storage
