#include "core/gpu.hpp"

#include <cstdlib>
#include <dlfcn.h>
#include <memory>
#include <sstream>

namespace mer {
namespace {

// The part of nvml.h that is used here: NVIDIA keeps it stable within a version suffix.
using Device = void*;
struct Memory {
  unsigned long long total, free, used;
};
constexpr int kSuccess = 0;
constexpr unsigned kNameLength = 96;

// Functions of the library by name.
class Nvml {
 public:
  explicit Nvml(const std::string& library) : handle_(::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL), ::dlclose) {}

  bool loaded() const { return handle_ != nullptr; }

  // False: the library has no such function, or it failed.
  template <class... Arguments>
  bool call(const char* name, Arguments... arguments) const {
    using Function = int (*)(Arguments...);
    const auto function = reinterpret_cast<Function>(::dlsym(handle_.get(), name));
    return function != nullptr && function(arguments...) == kSuccess;
  }

 private:
  std::unique_ptr<void, int (*)(void*)> handle_;
};

Gpu describe(const Nvml& nvml, Device device) {
  Gpu gpu;
  char text[kNameLength] = "";
  if (nvml.call("nvmlDeviceGetName", device, &text[0], kNameLength)) gpu.name = text;
  if (nvml.call("nvmlDeviceGetUUID", device, &text[0], kNameLength)) gpu.uuid = text;
  Memory memory{};
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
    Device device = nullptr;
    if (nvml.call("nvmlDeviceGetHandleByIndex_v2", i, &device)) survey.gpus.push_back(describe(nvml, device));
  }
  (void)nvml.call("nvmlShutdown");
  if (survey.gpus.empty()) survey.problem = "the NVIDIA driver " + survey.driver + " finds no GPU";
  return survey;
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

std::string gpu_of_worker(const std::vector<std::string>& usable, int place) {
  return usable.empty() ? std::string() : usable[std::size_t(place) % usable.size()];
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

}  // namespace mer
