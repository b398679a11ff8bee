// Trials that a stack has trained somewhere else, on a device or in a gang, against the same ones alone on one CPU, in
// float64.
#pragma once

#include <vector>

#include "tests/trainer/tiny_study.hpp"

namespace mer::trainer {

void expect_rows_alike(const std::vector<EpochRow>& actual, const std::vector<EpochRow>& expected);

// Rows of every epoch, and the representations and the last checkpoint, which holds weights and moments.
void expect_alike(const TinyStudy& study, const RecordingSink& sink, const TrialJob& trial);

// Five trials that differ in all that may differ within a stack.
std::vector<TrialJob> five_trials(const TinyStudy& study);

}  // namespace mer::trainer
