// What GPUs a machine has, as NVIDIA's management library (part of the driver) tells it, which of them this process may
// use, and what it means if none can be used. No CUDA is started and nothing is linked: the library is loaded while it
// is asked.
//
// Threads: one at a time. Errors: a survey without GPUs says why.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/trial.hpp"

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

inline constexpr const char* kNvmlLibrary = "libnvidia-ml.so.1";
GpuSurvey survey_gpus(const std::string& library = kNvmlLibrary);

// The variable by which users and Slurm choose GPUs.
inline constexpr const char* kVisibleGpus = "CUDA_VISIBLE_DEVICES";
std::optional<std::string> visible_gpus();  // its value in this process; nullopt: it is not set

// The names by which CUDA_VISIBLE_DEVICES chooses GPUs: its own entries (numbers, GPU-..., MIG-...), or, where it is
// not set (nullopt), the number of each GPU.
std::vector<std::string> usable_gpus(const std::optional<std::string>& visible, std::size_t count);

// The GPU of one of a machine's workers, which go round the GPUs.
struct GpuOfWorker {
  std::string name;  // empty: there is none
  int workers = 1;   // that have it
};
GpuOfWorker gpu_of_worker(const std::vector<std::string>& usable, int place, int workers);

// The variables by which Slurm says that it gave this job a GPU ("SLURM_JOB_GPUS=0,1"); empty: it gave none.
std::string gpus_of_slurm();

// What it means for a job that chose `device` if no GPU can be used, for this reason. Ok: it trains on the CPU. Error
// invalid: it may not, because it chose the GPU, or Slurm gave it one; with what to do.
Status without_gpu(DeviceChoice device, const std::string& reason);

}  // namespace mer
