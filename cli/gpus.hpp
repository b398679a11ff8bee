// What a sweep's trainers will train on, as far as it can be told before they start.
//
// Threads: plain values; look_around() asks the driver. Errors: invalid: the sweep, or Slurm, wants a GPU, and none can
// be used; with what to do.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/allocation.hpp"
#include "core/gpu.hpp"
#include "core/result.hpp"
#include "core/sweep.hpp"

namespace mer::cli {

// What there is of GPUs.
struct GpuSituation {
  GpuSurvey survey;
  std::optional<std::string> visible;  // CUDA_VISIBLE_DEVICES
  bool library = false;                // libmer_cuda.so is beside the programs
};
GpuSituation look_around(const std::filesystem::path& programs);

// Those that this process may use.
std::vector<std::string> usable_gpus(const GpuSituation& situation);
// Why there are none; empty: there are.
std::string gpu_problem(const GpuSituation& situation);

struct TrainingPlace {
  int workers = 0;   // that feed the GPUs; 0: the CPU
  std::string text;  // "1 GPU (NVIDIA H100)", "the CPU: no NVIDIA driver (...)"
};
Result<TrainingPlace> training_place(const ResourceSettings& resources, const GpuSituation& situation);

// How many workers to start: `asked`, or, where it is 0, one for each GPU's share or for each of `cores`, or, in a job
// of several nodes, all that these are meant for; whole gangs of resources.gpus_per_trial. Error: there is not one
// gang.
Result<int> workers_of(const ResourceSettings& resources, const TrainingPlace& place, int asked, int cores,
                       const std::vector<Node>& nodes = {});

}  // namespace mer::cli
