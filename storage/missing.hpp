// Missing: the trials that a fold group waits for, and why: what stands beside 11/12.
//
// Threads: pure functions. Errors: none.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "storage/result_store.hpp"

namespace mer::storage {

struct MissingOfConfiguration {
  std::size_t trials = 0;                // that it has
  std::vector<const TrialRow*> missing;  // of them, that are not done; first those that have ended
};
// By configuration, of the sweep's so many.
std::vector<MissingOfConfiguration> missing_trials(const std::vector<TrialRow>& trials, std::size_t configurations);

// "fold speaker-3, seed 0 (3fa9c1d2) failed: trainer killed by signal 9"
std::string why_missing(const TrialRow& trial, const SweepDetail& sweep);

// One sentence for each configuration that is not complete: how many of its trials are missing, the first of those that
// ended without a result and why, or how far it is. `label` names a configuration.
std::vector<std::string> notes_on_missing(const std::vector<TrialRow>& trials, const SweepDetail& sweep,
                                          const std::vector<std::string>& labels);

}  // namespace mer::storage
