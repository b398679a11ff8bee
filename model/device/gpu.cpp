#include "model/device/gpu.hpp"

#include <cstdlib>
#include <dlfcn.h>
#include <exception>
#include <filesystem>

#include "model/cuda/library.hpp"

namespace mer::model {
namespace {

Error unusable(const std::string& text) {
  return {ErrorCode::unavailable, text};
}

// Asks the driver, which is cheap, before anything large is loaded. The library stays: CUDA needs it anyway.
Status find_gpu() {
  void* const driver = ::dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (driver == nullptr) return unusable("no NVIDIA driver (libcuda.so.1 is not there)");
  const auto init = reinterpret_cast<int (*)(unsigned)>(::dlsym(driver, "cuInit"));
  const auto count_of = reinterpret_cast<int (*)(int*)>(::dlsym(driver, "cuDeviceGetCount"));
  int count = 0;
  const int started = init == nullptr ? -1 : init(0);
  if (started == 0 && count_of != nullptr && count_of(&count) == 0 && count > 0) return {};
  const char* const visible = std::getenv("CUDA_VISIBLE_DEVICES");
  return unusable("the NVIDIA driver shows no GPU to this process (cuInit: " + std::to_string(started) +
                  ", CUDA_VISIBLE_DEVICES: " + (visible == nullptr ? "not set" : visible) + ")");
}

}  // namespace

Result<std::shared_ptr<grid::Runtime>> open_gpu(double memory_share, std::string library) {
  MER_TRY(find_gpu());
  if (library.empty()) {
    std::error_code error;
    library = (std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / "libmer_cuda.so").string();
  }
  if (!std::filesystem::exists(library)) {
    return unusable(library + " is not there: build it where a CUDA toolkit is (cmake -DMER_CUDA=ON)");
  }
  void* const loaded = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (loaded == nullptr) {
    return unusable(std::string(::dlerror()) + ": tools/setup.sh --cuda installs cuBLAS");
  }
  const auto open = reinterpret_cast<cuda::Open>(::dlsym(loaded, cuda::kOpenSymbol));
  if (open == nullptr) return unusable(library + " is not of this build: " + cuda::kOpenSymbol + " is missing");
  try {
    return std::shared_ptr<grid::Runtime>(open(memory_share));
  } catch (const std::exception& error) {
    return unusable(error.what());
  }
}

}  // namespace mer::model
