#include "worker/trainer/device_choice.hpp"

#include "core/gpu.hpp"
#include "model/device/gpu.hpp"

namespace mer::trainer {

OpenGpu gpu_of_this_process() {
  return [](double memory_share) { return model::open_gpu(memory_share); };
}

Result<DeviceOfJob> choose_device(const StackJob& job, const OpenGpu& open) {
  if (job.device == DeviceChoice::cpu) return DeviceOfJob();
  Result<std::shared_ptr<grid::Runtime>> gpu = open(job.gpu_fraction);
  if (gpu) return DeviceOfJob{std::move(gpu).value(), ""};
  const std::string& reason = gpu.error().message;
  if (job.device == DeviceChoice::cuda) {
    return Error{gpu.error().code, "resources.device is cuda, but no GPU can be used: " + reason +
                                       "; see `merctl doctor`, or set resources.device to auto or cpu"};
  }
  if (const std::string slurm = gpus_of_slurm(); !slurm.empty()) {
    return Error{gpu.error().code, "Slurm gave this job a GPU (" + slurm + "), but it cannot be used: " + reason +
                                       "; see `merctl doctor`, or set resources.device to cpu"};
  }
  return DeviceOfJob{nullptr, reason};
}

}  // namespace mer::trainer
