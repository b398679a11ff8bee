// Where a job's stack is trained: on the GPU that CUDA_VISIBLE_DEVICES shows first, or on the CPU.
//
// Threads: pure function of its arguments and of Slurm's environment variables. Errors: unavailable: a GPU was asked
// for, or allocated by Slurm, and cannot be used; with the reason and what to do.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/result.hpp"
#include "core/trial.hpp"
#include "model/grid/runtime.hpp"

namespace mer::trainer {

using OpenGpu = std::function<Result<std::shared_ptr<grid::Runtime>>(double memory_share)>;

OpenGpu gpu_of_this_process();  // model/device/gpu.hpp's

struct DeviceOfJob {
  std::shared_ptr<grid::Runtime> gpu;  // nullptr: the CPU
  std::string reason;                  // why `auto` became the CPU
};
Result<DeviceOfJob> choose_device(const StackJob& job, const OpenGpu& open);

}  // namespace mer::trainer
