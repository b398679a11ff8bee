#include "core/gpu.hpp"
#include "model/device/gpu.hpp"
#include "tests/device/test_device.hpp"

namespace mer::model {

// Once: tests share the GPU's context.
Result<std::shared_ptr<grid::Runtime>> open_test_device() {
  static const auto gpu = open_gpu(0.5, MER_BINARY_DIR "/bin/libmer_cuda.so");
  return gpu;
}

Result<std::vector<std::string>> test_devices(int count) {
  const GpuSurvey survey = survey_gpus();
  std::vector<std::string> names = usable_gpus(visible_gpus(), survey.gpus.size());
  const auto unusable = [](const std::string& text) { return Error{ErrorCode::unavailable, text}; };
  if (survey.gpus.empty()) return unusable(survey.problem);
  if (!MER_HAVE_NCCL) return unusable("libmer_cuda.so is built without NCCL");
  if (names.size() < std::size_t(count)) {
    return unusable(std::to_string(count) + " GPUs are needed, and there are " + std::to_string(names.size()));
  }
  names.resize(std::size_t(count));
  return names;
}

}  // namespace mer::model
