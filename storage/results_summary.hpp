// The table of a paper: one row for each configuration, mean and sd of each score, n/expected_n; the best of a column
// is marked as such, and so are differences from a baseline that tests find (comparison.hpp).
//
// Threads: pure functions over the reader. Errors: those of the reader; not_found: no such baseline.
#pragma once

#include <string>

#include "storage/tables.hpp"

namespace mer::storage {

// beside: Beside::interval shows half of a mean's interval in place of its sd.
// baseline: a configuration's name, number or id; empty: no tests. With it, a mark on a score of `metric` says that the
// corrected resampled t-test finds it different from the baseline's, at 0.05 after Holm's correction over the rows.
Result<Table> results_summary(ResultReader& reader, SweepId sweep, SelectionRule rule, Metric metric,
                              const std::string& baseline = "", Beside beside = Beside::sd);

}  // namespace mer::storage
