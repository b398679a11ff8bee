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
  MER_TRY(without_gpu(job.device, gpu.error().message));
  return DeviceOfJob{nullptr, gpu.error().message};
}

}  // namespace mer::trainer
