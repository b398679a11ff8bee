// Lookup: what a user typed to name a sweep or trial, and what to say when nothing fits.
//
// Threads: pure functions.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/records.hpp"
#include "core/result.hpp"
#include "storage/result_store.hpp"

namespace mer::storage {

inline bool is_among(int configuration, const Configurations& only) {
  return only.empty() || std::find(only.begin(), only.end(), configuration) != only.end();
}

// "12" -> 12; nullopt when the word is not a number. Names of sweeps begin with a letter.
std::optional<std::int64_t> sweep_number(const std::string& word);

// Error not_found for a sweep, with the nearest of the names that there are.
Error no_sweep(const std::string& word, const std::vector<std::string>& names);

// Error invalid unless it is 4 to 32 lower-case hex digits.
Status check_trial_prefix(const std::string& prefix);

// The one trial that a prefix found. Error not_found, or invalid when there are several.
Result<TrialId> only_trial(const std::string& prefix, const std::vector<TrialId>& found);

Error no_trial(const TrialId& id);

// Error not_found of selected().
Error nothing_selected(const TrialId& id, SelectionRule rule);

// Error not_found of predictions().
Error no_test_part(const TrialId& id);

// By rule and metric, in the order of their enumerators: how a TrialResult is read back.
void sort_selected(std::vector<Selected>& selected);

// Utterance by utterance. Error corrupt: the parts of the test part do not fit each other, or the probabilities it.
Result<std::vector<Prediction>> predictions_of(const Selected& selected, const TestPart& part);

// The metric under which a rule's rows are stored: `last` stands once, for all metrics.
Metric stored_metric(SelectionRule rule, Metric metric);

}  // namespace mer::storage
