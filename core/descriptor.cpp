#include "core/descriptor.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace mer {

Error system_error(int number, const std::string& what) {
  const std::string message = what + ": " + std::generic_category().message(number);
  switch (number) {
    case ENOSPC:
    case EDQUOT: return {ErrorCode::no_space, message + "; free some space"};
    case EFBIG: return {ErrorCode::no_space, message + "; raise the limit of a file's size (`ulimit -f`)"};
    case ENOENT:
    case ENOTDIR: return {ErrorCode::not_found, message};
    case EPIPE: return {ErrorCode::unavailable, message};
    default: return {ErrorCode::io, message};
  }
}

Status write_all(int fd, std::string_view bytes, const std::string& name) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_error(errno, name + ": cannot write");
    bytes.remove_prefix(std::size_t(written));
  }
  return {};
}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

int Descriptor::release() {
  return std::exchange(fd_, -1);
}

void Descriptor::reset() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Result<Pipe> Pipe::make(int first_free) {
  std::array<int, 2> raw{};
  if (::pipe2(raw.data(), O_CLOEXEC) != 0) return system_error(errno, "cannot make a pipe");
  Pipe pipe{Descriptor(raw[0]), Descriptor(raw[1])};
  if (raw[0] >= first_free && raw[1] >= first_free) return pipe;
  Pipe moved{Descriptor(::fcntl(raw[0], F_DUPFD_CLOEXEC, first_free)),
             Descriptor(::fcntl(raw[1], F_DUPFD_CLOEXEC, first_free))};
  if (!moved.read_end || !moved.write_end) return system_error(errno, "cannot make a pipe");
  return moved;
}

}  // namespace mer
