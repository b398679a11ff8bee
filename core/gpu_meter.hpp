// GpuMeter: how much of one GPU is in use, by whomever, as NVIDIA's management library tells.
//
// Threads: one at a time. Errors: none; what is not known, as all is without a GPU or a driver, is absent.
#pragma once

#include <string>

#include "core/gpu.hpp"
#include "core/messages.hpp"
#include "core/nvml.hpp"

namespace mer {

class GpuMeter {
 public:
  // gpu: its entry in CUDA_VISIBLE_DEVICES. A number counts the GPUs by their PCI buses, as nvidia-smi does.
  explicit GpuMeter(const std::string& gpu, const std::string& library = kNvmlLibrary);
  GpuMeter(const GpuMeter&) = delete;
  GpuMeter& operator=(const GpuMeter&) = delete;
  ~GpuMeter();

  ResourceUse measure() const;  // of the GPU alone

 private:
  Nvml nvml_;
  bool begun_;
  Nvml::Device device_ = nullptr;  // nullptr: there is none of that name
};

}  // namespace mer
