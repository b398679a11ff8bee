#include "core/gpu.hpp"

#include <cstdlib>
#include <sstream>

#include "core/nvml.hpp"

namespace mer {
namespace {

constexpr unsigned kNameLength = 96;

Gpu describe(const Nvml& nvml, Nvml::Device device) {
  Gpu gpu;
  char text[kNameLength] = "";
  if (nvml.call("nvmlDeviceGetName", device, &text[0], kNameLength)) gpu.name = text;
  if (nvml.call("nvmlDeviceGetUUID", device, &text[0], kNameLength)) gpu.uuid = text;
  Nvml::Memory memory{};
  if (nvml.call("nvmlDeviceGetMemoryInfo", device, &memory)) gpu.memory = memory.total;
  (void)nvml.call("nvmlDeviceGetCudaComputeCapability", device, &gpu.major, &gpu.minor);
  unsigned now = 0, next = 0;
  gpu.split = nvml.call("nvmlDeviceGetMigMode", device, &now, &next) && now == 1;
  return gpu;
}

}  // namespace

GpuSurvey survey_gpus(const std::string& library) {
  GpuSurvey survey;
  const Nvml nvml(library);
  if (!nvml.loaded()) {
    survey.problem = "no NVIDIA driver (" + library + " is not there)";
    return survey;
  }
  if (!nvml.call("nvmlInit_v2")) {
    survey.problem = "the NVIDIA driver does not answer: its kernel module is not loaded, or another version";
    return survey;
  }
  char version[kNameLength] = "";
  if (nvml.call("nvmlSystemGetDriverVersion", &version[0], kNameLength)) survey.driver = version;
  unsigned count = 0;
  (void)nvml.call("nvmlDeviceGetCount_v2", &count);
  for (unsigned i = 0; i < count; ++i) {
    Nvml::Device device = nullptr;
    if (nvml.call("nvmlDeviceGetHandleByIndex_v2", i, &device)) survey.gpus.push_back(describe(nvml, device));
  }
  (void)nvml.call("nvmlShutdown");
  if (survey.gpus.empty()) survey.problem = "the NVIDIA driver " + survey.driver + " finds no GPU";
  return survey;
}

std::optional<std::string> visible_gpus() {
  const char* const value = std::getenv(kVisibleGpus);
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

std::vector<std::string> usable_gpus(const std::optional<std::string>& visible, std::size_t count) {
  std::vector<std::string> names;
  if (!visible) {
    for (std::size_t i = 0; i < count; ++i) names.push_back(std::to_string(i));
    return names;
  }
  std::istringstream entries(*visible);
  for (std::string name; std::getline(entries, name, ',');) {
    const std::size_t begin = name.find_first_not_of(' ');
    // What stands behind an entry that names no GPU does not count: CUDA reads the list so.
    if (begin == std::string::npos || name[begin] == '-') break;
    names.push_back(name.substr(begin, name.find_last_not_of(' ') + 1 - begin));
  }
  return names;
}

GpuOfWorker gpu_of_worker(const std::vector<std::string>& usable, int place, int workers) {
  if (usable.empty()) return {};
  const int gpus = int(usable.size()), gpu = place % gpus;
  return {usable[std::size_t(gpu)], (workers - gpu + gpus - 1) / gpus};
}

std::string gpus_of_slurm() {
  const auto value_of = [](const char* name) {
    const char* const value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  for (const std::string name : {"SLURM_STEP_GPUS", "SLURM_JOB_GPUS"}) {  // lists of numbers
    const std::string value = value_of(name.c_str());
    if (!value.empty()) return name + "=" + value;
  }
  const std::string count = value_of("SLURM_GPUS_ON_NODE");
  return count.empty() || count == "0" ? std::string() : "SLURM_GPUS_ON_NODE=" + count;
}

Status without_gpu(DeviceChoice device, const std::string& reason) {
  constexpr const char* kSee = "; `merctl doctor` examines this machine; else set resources.device to ";
  if (device == DeviceChoice::cpu) return {};
  if (device == DeviceChoice::cuda) {
    return invalid("resources.device is cuda, but no GPU can be used: " + reason + kSee + "auto or cpu");
  }
  const std::string slurm = gpus_of_slurm();
  if (slurm.empty()) return {};
  return invalid("Slurm gave this job a GPU (" + slurm + "), but none can be used: " + reason + kSee + "cpu");
}

}  // namespace mer
