// The names of the model's representations and losses in files: what `mer-trainer --probe` answers and what
// record.representations keeps. Shapes and equations: docs/paper_map.md.
//
// Threads: pure functions.
#pragma once

#include <ATen/core/Tensor.h>
#include <map>
#include <string>

#include "model/stacked_model.hpp"

namespace mer::model {

using NamedTensors = std::map<std::string, at::Tensor>;

// context.M, public.M, unique.M, reconstructed.M, cycled.M, auxiliary_logits.M, cross.S_to_T and logits: [rows, width]
// each. A component that is off has no tensors.
NamedTensors named(const ModelSettings& settings, const Representations& representations);

// loss.total, loss.task, ...: [R] each.
NamedTensors named(const ModelSettings& settings, const Losses& losses);

}  // namespace mer::model
