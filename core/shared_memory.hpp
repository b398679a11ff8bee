// SharedMemory: memory that a process shares with a child, which inherits its descriptor.
//
// Threads: a plain value; who may touch the bytes when is up to both processes. Errors: the system's (system_error).
#pragma once

#include <cstddef>
#include <span>

#include "core/descriptor.hpp"
#include "core/result.hpp"

namespace mer {

class SharedMemory {
 public:
  // Zeros. The descriptor's number is at least `first_free`, clear of those that a child is given.
  static Result<SharedMemory> make(std::size_t bytes, int first_free = 3);
  // What another process has made.
  static Result<SharedMemory> open(Descriptor descriptor);

  SharedMemory(SharedMemory&& other) noexcept;
  SharedMemory& operator=(SharedMemory&& other) noexcept;
  ~SharedMemory();

  std::span<std::byte> bytes() const { return bytes_; }
  int descriptor() const { return descriptor_.get(); }

 private:
  SharedMemory(Descriptor descriptor, std::span<std::byte> bytes);

  Descriptor descriptor_;
  std::span<std::byte> bytes_;
};

}  // namespace mer
