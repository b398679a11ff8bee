#include "model/grid/host_runtime.hpp"
#include "tests/device/test_device.hpp"

namespace mer::model {

Result<std::shared_ptr<grid::Runtime>> open_test_device() {
  return std::shared_ptr<grid::Runtime>(std::make_shared<grid::HostRuntime>());
}

Result<std::vector<std::string>> test_devices(int count) {
  return std::vector<std::string>(std::size_t(count));
}

}  // namespace mer::model
