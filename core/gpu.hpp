// What GPUs a machine has, as NVIDIA's management library (part of the driver) tells it, and which of them this process
// may use. No CUDA is started and nothing is linked: the library is loaded while it is asked.
//
// Threads: one at a time. Errors: a survey without GPUs says why.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mer {

struct Gpu {
  std::string name;
  std::string uuid;
  std::uint64_t memory = 0;  // bytes
  int major = 0, minor = 0;  // compute capability
  bool split = false;        // into MIG instances
};

struct GpuSurvey {
  std::string driver;     // its version; empty: no driver
  std::vector<Gpu> gpus;  // of the machine, whatever this process may use
  std::string problem;    // why there are none
};

GpuSurvey survey_gpus(const std::string& library = "libnvidia-ml.so.1");

// The names by which CUDA_VISIBLE_DEVICES chooses GPUs: its own entries (numbers, GPU-..., MIG-...), or, where it is
// not set (nullopt), the number of each GPU.
std::vector<std::string> usable_gpus(const std::optional<std::string>& visible, std::size_t count);

// The GPU of the worker with this place among a machine's workers, which go round the GPUs; empty: there is none.
std::string gpu_of_worker(const std::vector<std::string>& usable, int place);

// The variables by which Slurm says that it gave this job a GPU ("SLURM_JOB_GPUS=0,1"); empty: it gave none.
std::string gpus_of_slurm();

}  // namespace mer
