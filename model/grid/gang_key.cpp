#include "model/grid/gang_key.hpp"

#include <exception>
#include <stdexcept>

namespace mer::grid {
namespace {

constexpr char kMade = '+', kFailed = '-';

const char* const kRemedy =
    "NCCL carries sums between GPUs: install it where mer is built, and build libmer_cuda.so again (docs/gpu.md), or "
    "set "
    "resources.gpus_per_trial to 1";

std::string version_text(int version) {
  return std::to_string(version / 10000) + "." + std::to_string(version / 100 % 100) + "." +
         std::to_string(version % 100);
}

void check_versions(int own, int smallest, int largest) {
  if (own == 0) throw std::runtime_error(std::string("libmer_cuda.so is built without NCCL. ") + kRemedy);
  if (smallest == 0) {
    throw std::runtime_error(std::string("another trainer of this trial has a libmer_cuda.so without NCCL. ") +
                             kRemedy);
  }
  if (smallest == largest) return;
  throw std::runtime_error("the trainers of this trial load NCCL of different versions, from " +
                           version_text(smallest) + " to " + version_text(largest) + " (here " + version_text(own) +
                           "): give all machines the same one");
}

}  // namespace

std::string agree_on_key(Gang& gang, int version, const std::function<std::string()>& make) {
  const int smallest = int(smallest_of(gang, version));
  const int largest = -int(smallest_of(gang, -version));
  check_versions(version, smallest, largest);
  std::string message;
  if (gang.rank() == 0) {
    try {
      message = kMade + make();
    } catch (const std::exception& error) {
      message = kFailed + std::string(error.what());
    }
  }
  message = from_leader(gang, message);
  const std::string text = message.substr(1);
  if (message[0] == kFailed) throw std::runtime_error((gang.rank() == 0 ? "" : "the gang's leader: ") + text);
  return text;
}

}  // namespace mer::grid
