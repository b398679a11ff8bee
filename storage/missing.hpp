// Missing: the trials that a fold group waits for, and why: what stands beside 11/12.
//
// Threads: pure functions. Errors: none.
#pragma once

#include <string>
#include <vector>

#include "storage/result_store.hpp"

namespace mer::storage {

// The trials of this configuration that are not done, in order.
std::vector<const TrialRow*> missing_trials(const std::vector<TrialRow>& trials, int configuration);

// "fold speaker-3, seed 0 (3fa9c1d2) failed: trainer killed by signal 9"
std::string why_missing(const TrialRow& trial, const SweepDetail& sweep);

// One sentence for each configuration that is not complete: how many of its trials are missing, the first of those that
// ended without a result and why, or how far it is. `label` names a configuration.
std::vector<std::string> notes_on_missing(const std::vector<TrialRow>& trials, const SweepDetail& sweep,
                                          const std::vector<std::string>& labels);

}  // namespace mer::storage
