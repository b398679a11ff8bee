// A file without a folder, for what reads by path.
//
// Threads: one owner. Errors: the program ends.
#pragma once

#include <string>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>

#include "core/descriptor.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace mer::fuzz {

class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes) : memory_(::memfd_create("fuzz", MFD_CLOEXEC)) {
    require(memory_.get() >= 0 && ::write(memory_.get(), bytes.data(), bytes.size()) == ssize_t(bytes.size()));
  }

  std::string path() const { return "/proc/self/fd/" + std::to_string(memory_.get()); }

 private:
  Descriptor memory_;
};

}  // namespace mer::fuzz
