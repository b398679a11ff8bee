// Nvml: NVIDIA's management library (part of the driver), loaded when it is asked for and linked by nobody.
//
// Threads: one at a time. Errors: call() is false where the library is not there, has no such function, or that fails.
#pragma once

#include <dlfcn.h>
#include <memory>
#include <string>

namespace mer {

class Nvml {
 public:
  explicit Nvml(const std::string& library) : handle_(::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL), close) {}

  bool loaded() const { return handle_ != nullptr; }

  template <class... Arguments>
  bool call(const char* name, Arguments... arguments) const {
    if (!loaded()) return false;
    using Function = int (*)(Arguments...);
    const auto function = reinterpret_cast<Function>(::dlsym(handle_.get(), name));
    return function != nullptr && function(arguments...) == 0;
  }

  // The part of nvml.h that is used here: NVIDIA keeps it stable within a version suffix.
  using Device = void*;
  struct Memory {
    unsigned long long total, free, used;
  };
  struct Utilization {  // percent of the time
    unsigned gpu, memory;
  };

 private:
  static void close(void* handle) { ::dlclose(handle); }

  std::unique_ptr<void, void (*)(void*)> handle_;
};

}  // namespace mer
