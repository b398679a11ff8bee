// What a store holds, as JSON text: the HTTP API's answers, and merctl's `--format json`.
//
// Every answer is an object with "schema": 1 (docs/http.md lists the fields). Scores are fractions; a number that is
// not finite is a string: "NaN", "Infinity", "-Infinity". Threads: as the reader's. Errors: the reader's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/records.hpp"
#include "core/result.hpp"
#include "core/trial.hpp"
#include "storage/result_store.hpp"
#include "web/page.hpp"

namespace mer::web {

constexpr int kApiSchema = 1;

// controls: whether who asks with the token of endpoint.json may change anything here.
Result<std::string> version_json(storage::ResultReader& reader, bool controls);
// tag: of those that have it; empty: all.
Result<std::string> sweeps_json(storage::ResultReader& reader, const std::string& tag = {});
Result<std::string> sweep_json(storage::ResultReader& reader, SweepId sweep);
struct TrialsQuery {
  std::optional<TrialState> state = {};  // nullopt: in any
  std::string tag = {};                  // empty: with any or none
  Page page = {};
};
Result<std::string> trials_json(storage::ResultReader& reader, SweepId sweep, const TrialsQuery& query = {});

struct ResultsQuery {
  SelectionRule rule = SelectionRule::last;
  Metric metric = Metric::macro_f1;  // decides the epoch that a best rule selects; the rows hold every metric
  std::optional<Metric> sort = {};   // best first, those without a mean last; nullopt: in order
  Page page = {};
};
Result<std::string> results_json(storage::ResultReader& reader, SweepId sweep, const ResultsQuery& query);
Result<std::string> trial_json(storage::ResultReader& reader, const TrialId& trial);
Result<std::string> trial_curve_json(storage::ResultReader& reader, const TrialId& trial, Split split);

// One number of an epoch: a metric ("macro_f1") or a loss component ("loss.total", "loss.auxiliary", ...).
struct Quantity {
  std::string name;
  std::optional<double> of(const EpochRow& row) const;  // nullopt: the component is switched off
};
std::optional<Quantity> quantity_from(const std::string& name);
const std::vector<std::string>& quantity_names();

// A quantity over the epochs, per configuration: each trial's series; and at each epoch the mean over seeds per fold,
// then mean and sd (n-1) over folds (with one fold: over seeds). No mean where a trial has no finite value yet.
struct CurvesQuery {
  Split split = Split::test;
  Quantity quantity;
  std::vector<int> configurations;  // positions; empty: all. Error not_found: no such position
};
Result<std::string> sweep_curves_json(storage::ResultReader& reader, SweepId sweep, const CurvesQuery& query);

// {"schema": 1, "error": {"code": ..., "message": ...}}
std::string error_json(const Error& error);

}  // namespace mer::web
