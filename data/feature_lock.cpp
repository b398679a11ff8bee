#include "data/feature_lock.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <unistd.h>

#include "core/host_name.hpp"
#include "data/corpus_format.hpp"
#include "data/file_io.hpp"

namespace mer::data {
namespace {

// "process 12 on node1"; nothing yet where the holder has only just taken it.
std::string holder_in(int fd) {
  std::array<char, 256> text{};
  const ssize_t got = ::pread(fd, text.data(), text.size(), 0);
  return got > 0 ? std::string(text.data(), std::size_t(got)) : "another process";
}

}  // namespace

Result<FeatureLock> FeatureLock::acquire(const std::string& corpus_folder) {
  const std::string folder = corpus_folder + "/" + kFeaturesFolder;
  std::error_code error;
  std::filesystem::create_directory(folder, error);
  if (error) return system_error(error.value(), folder);
  const std::string path = folder + "/.lock";
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!file) return system_error(errno, path);
  // A lock of the open file, not of the process: works on network file systems too.
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (::fcntl(file.get(), F_OFD_SETLK, &whole) != 0) {
    if (errno != EAGAIN && errno != EACCES) return system_error(errno, path);
    return Error{ErrorCode::busy,
                 folder + ": features are being put into it by " + holder_in(file.get()) + "; wait for it, or end it"};
  }
  if (::ftruncate(file.get(), 0) != 0) return system_error(errno, path);
  MER_TRY(write_all(file.get(), "process " + std::to_string(::getpid()) + " on " + host_name(), path));
  for (const std::string& place : {folder, corpus_folder}) remove_unfinished(place);
  return FeatureLock(std::move(file));
}

}  // namespace mer::data
