#include "core/gpu_meter.hpp"

#include <charconv>

namespace mer {
namespace {

Nvml::Device device_of(const Nvml& nvml, const std::string& gpu) {
  unsigned number = 0;
  const char* const end = gpu.data() + gpu.size();
  const auto parsed = std::from_chars(gpu.data(), end, number);
  Nvml::Device device = nullptr;
  const bool found = parsed.ec == std::errc() && parsed.ptr == end
                         ? nvml.call("nvmlDeviceGetHandleByIndex_v2", number, &device)
                         : nvml.call("nvmlDeviceGetHandleByUUID", gpu.c_str(), &device);
  return found ? device : nullptr;
}

}  // namespace

GpuMeter::GpuMeter(const std::string& gpu, const std::string& library)
    : nvml_(library), begun_(nvml_.call("nvmlInit_v2")) {
  if (begun_) device_ = device_of(nvml_, gpu);
}

GpuMeter::~GpuMeter() {
  if (begun_) (void)nvml_.call("nvmlShutdown");
}

ResourceUse GpuMeter::measure() const {
  ResourceUse use;
  if (device_ == nullptr) return use;
  Nvml::Memory memory{};
  if (nvml_.call("nvmlDeviceGetMemoryInfo", device_, &memory)) use.gpu_memory_bytes = std::int64_t(memory.used);
  Nvml::Utilization rates{};
  if (nvml_.call("nvmlDeviceGetUtilizationRates", device_, &rates)) use.gpu_percent = rates.gpu;
  return use;
}

}  // namespace mer
