#include "model/device/gpu.hpp"
#include "tests/device/test_device.hpp"

namespace mer::model {

// Once: tests share the GPU's context.
Result<std::shared_ptr<grid::Runtime>> open_test_device() {
  static const auto gpu = open_gpu(0.5, std::string(MER_BINARY_DIR) + "/bin/libmer_cuda.so");
  return gpu;
}

}  // namespace mer::model
