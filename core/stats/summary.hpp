// Summaries of a few numbers: the folds or the seeds of a configuration.
//
// Threads: pure functions. Errors: none; what cannot be told is absent.
#pragma once

#include <optional>
#include <span>

namespace mer::stats {

struct Interval {
  double low = 0, high = 0;
  bool operator==(const Interval&) const = default;
};

// NaN where there are none.
double mean_of(std::span<const double> values);

// With divisor n-1; nullopt for fewer than two.
std::optional<double> sd_of(std::span<const double> values);

// Student's interval for the mean, of this level; nullopt for fewer than two values. Folds share training data, so it
// is too narrow as a statement on new corpora (Bengio and Grandvalet 2004).
std::optional<Interval> student_interval(std::span<const double> values, double level = 0.95);

}  // namespace mer::stats
