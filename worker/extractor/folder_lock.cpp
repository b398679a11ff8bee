#include "worker/extractor/folder_lock.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>

#include "core/host_name.hpp"

namespace mer::extractor {
namespace {

// "process 12 on node1"; nothing yet where the holder has only just taken it.
std::string holder_in(int fd) {
  std::array<char, 256> text{};
  const ssize_t got = ::pread(fd, text.data(), text.size(), 0);
  return got > 0 ? std::string(text.data(), std::size_t(got)) : "another process";
}

}  // namespace

Result<FolderLock> FolderLock::acquire(const std::string& folder) {
  const std::string path = folder + "/.lock";
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!file) return system_error(errno, path);
  // A lock of the open file, not of the process: works on network file systems too.
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (::fcntl(file.get(), F_OFD_SETLK, &whole) != 0) {
    if (errno != EAGAIN && errno != EACCES) return system_error(errno, path);
    return Error{ErrorCode::busy, folder + ": features are being extracted into it by " + holder_in(file.get()) +
                                      "; wait for it, or end it"};
  }
  if (::ftruncate(file.get(), 0) != 0) return system_error(errno, path);
  MER_TRY(write_all(file.get(), "process " + std::to_string(::getpid()) + " on " + host_name(), path));
  return FolderLock(std::move(file));
}

}  // namespace mer::extractor
