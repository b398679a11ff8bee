// Where a corpus's features lie while its trials are trained on a device: there, uploaded once, or on the host, which
// then gathers those of every step and uploads them.
//
// Threads: one. Errors: model/device/device.hpp.
#pragma once

#include <memory>

#include "model/device/feature_table.hpp"
#include "model/grid/runtime.hpp"
#include "worker/trainer/job_input.hpp"

namespace mer::trainer {

// Of the modalities that `trial` has; nullptr: they are too large for a table (features_fit()), which the log then
// says. REQUIRES: `gpu` is attached.
std::unique_ptr<model::FeatureTable> features_on_device(const TrialInput& trial, const grid::Runtime& gpu);

}  // namespace mer::trainer
