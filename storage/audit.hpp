// Audit: how much of a number is protocol. The same trials' scores under every rule that selects an epoch, the mean of
// the folds against all folds' utterances together, and WA against UA, side by side.
//
// Threads: pure functions over the reader. Errors: those of the reader.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "storage/tables.hpp"

namespace mer::storage {

// In fractions; nullopt: a trial has no result.
struct AuditedScore {
  std::optional<double> mean;    // over folds, as in the results
  std::optional<double> pooled;  // all folds together (pooled.hpp)
};
struct AuditedRow {
  SelectionRule rule = SelectionRule::last;
  AuditedScore wa, ua, macro_f1;
  Share complete;
};
struct AuditedConfiguration {
  std::size_t configuration = 0;      // position in SweepDetail::configurations
  std::vector<AuditedRow> rows = {};  // last, best-validation where a fold has a validation part, best-test
};

// `metric` is the one that the best epoch is best by.
Result<std::vector<AuditedConfiguration>> audit(ResultReader& reader, SweepId sweep, Metric metric,
                                                const Configurations& only = {});

// What each choice adds to the configuration's score, in points; empty: nothing can be compared.
std::string audit_note(const AuditedConfiguration& configuration, const std::string& label);
std::string audit_caption(const SweepDetail& sweep, Metric metric);

// A row for each configuration and rule, and the notes.
Result<Table> audit_table(ResultReader& reader, SweepId sweep, Metric metric);

}  // namespace mer::storage
