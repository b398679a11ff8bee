// Probe: runs given weights on a given batch and names every representation, loss component and gradient, so that the
// model can be checked from Python. Tensor names, shapes and equations: docs/paper_map.md.
//
// Threads: pure function. Errors: invalid, with the tensor or metadata key, what was found and what is expected.
#pragma once

#include <map>
#include <string>

#include "core/result.hpp"
#include "model/gang.hpp"
#include "model/named_tensors.hpp"

namespace mer::model {

// metadata: "model" (settings as in a sweep file, JSON), optional "slots" (JSON list) and "gradients" ("true").
// gang: the input is this member's part of the batch; "first_dialogues" (int64 [slots], absent: 0) says where it
// begins. place: where it is computed, the CPU or model/device/device.hpp's device.
Result<NamedTensors> probe(const NamedTensors& input, const std::map<std::string, std::string>& metadata,
                           Gang* gang = nullptr, at::Device place = at::kCPU);

}  // namespace mer::model
