// Audit: how much of a number is protocol. The same trials' scores under every rule that selects an epoch, the mean of
// the folds against all folds' utterances together, and WA against UA, side by side.
//
// Threads: pure functions over the reader. Errors: those of the reader.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "storage/tables.hpp"

namespace mer::storage {

// One configuration under one rule, in fractions; nullopt: a trial of it has no result.
struct AuditedScore {
  std::optional<double> mean;    // over folds, as in the results
  std::optional<double> pooled;  // all folds together (pooled.hpp)
};
struct AuditedRow {
  std::size_t configuration = 0;  // position in SweepDetail::configurations
  SelectionRule rule = SelectionRule::last;
  AuditedScore wa, ua, macro_f1;
  Share complete;
};

// For each configuration: last, best-validation where a fold has a validation part, best-test. `metric` is the one that
// the best epoch is best by.
Result<std::vector<AuditedRow>> audit(ResultReader& reader, SweepId sweep, Metric metric);

// A row for each of them, and a note for each configuration that says what each choice adds, in points.
Result<Table> audit_table(ResultReader& reader, SweepId sweep, Metric metric);

}  // namespace mer::storage
