#include "core/shared_memory.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace mer {

Result<SharedMemory> SharedMemory::make(std::size_t bytes, int first_free) {
  const Descriptor low(::memfd_create("mer", MFD_CLOEXEC));
  Descriptor descriptor(low ? ::fcntl(low.get(), F_DUPFD_CLOEXEC, first_free) : -1);
  if (!descriptor || ::ftruncate(descriptor.get(), off_t(bytes)) != 0) {
    return system_error(errno, "memory to share with a child");
  }
  return open(std::move(descriptor));
}

Result<SharedMemory> SharedMemory::open(Descriptor descriptor) {
  struct stat status {};
  if (::fstat(descriptor.get(), &status) != 0) return system_error(errno, "memory shared with a parent");
  const auto size = std::size_t(status.st_size);
  void* const memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor.get(), 0);
  if (memory == MAP_FAILED) return system_error(errno, "shared memory cannot be mapped");
  return SharedMemory(std::move(descriptor), {static_cast<std::byte*>(memory), size});
}

SharedMemory::SharedMemory(Descriptor descriptor, std::span<std::byte> bytes)
    : descriptor_(std::move(descriptor)), bytes_(bytes) {}

SharedMemory::SharedMemory(SharedMemory&& other) noexcept
    : descriptor_(std::move(other.descriptor_)), bytes_(std::exchange(other.bytes_, {})) {}

SharedMemory& SharedMemory::operator=(SharedMemory&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

SharedMemory::~SharedMemory() {
  if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

}  // namespace mer
