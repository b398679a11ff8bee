#include "tests/device/test_device.hpp"

#include "model/device/device.hpp"

namespace mer::model {

std::optional<std::string> attach_test_device() {
  auto device = open_test_device();
  if (!device) return device.error().message;
  attach_device(std::move(device).value());
  return std::nullopt;
}

}  // namespace mer::model
