// The device that a program of tests runs on: each such program links one of host_device.cpp and gpu_device.cpp.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "model/grid/runtime.hpp"

namespace mer::model {

// Error: there is none here, and why.
Result<std::shared_ptr<grid::Runtime>> open_test_device();

// As many devices for a gang, as CUDA_VISIBLE_DEVICES names them ("": there is no choice). Error: there are not, and
// why.
Result<std::vector<std::string>> test_devices(int count);

// Attaches it. The reason to skip the test, if there is none.
std::optional<std::string> attach_test_device();

}  // namespace mer::model
