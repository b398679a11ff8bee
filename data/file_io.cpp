#include "data/file_io.hpp"

#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <vector>

#include "core/sha256.hpp"

namespace mer::data {
namespace {

constexpr const char* kUnfinished = ".tmp-";

Status write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return system_error(errno, path);
    }
    bytes.remove_prefix(std::size_t(written));
  }
  return {};
}

Result<WrittenFile> write_and_rename(const std::string& temporary, const std::string& path,
                                     std::span<const std::string_view> chunks) {
  Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (file.get() < 0) return system_error(errno, temporary);
  Sha256 hash;
  WrittenFile written;
  for (const std::string_view chunk : chunks) {
    MER_TRY(write_all(file.get(), chunk, path));
    hash.update(chunk);
    written.bytes += std::int64_t(chunk.size());
  }
  if (::fsync(file.get()) != 0) return system_error(errno, path);
  // close() reports what some network file systems only find out then (quota, disk full).
  if (::close(file.release()) != 0) return system_error(errno, path);
  if (::rename(temporary.c_str(), path.c_str()) != 0) return system_error(errno, path);
  written.sha256 = hash.hex();
  return written;
}

}  // namespace

Result<OpenFile> open_regular(const std::string& path) {
  OpenFile file;
  file.descriptor = Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.descriptor.get() < 0) return system_error(errno, path);
  struct stat status {};
  if (::fstat(file.descriptor.get(), &status) != 0) return system_error(errno, path);
  if (!S_ISREG(status.st_mode)) return invalid(path + ": is not a regular file");
  file.bytes = std::size_t(status.st_size);
  return file;
}

Result<std::string> read_file(const std::string& path, std::size_t limit_bytes) {
  MER_ASSIGN(const OpenFile file, open_regular(path));
  if (file.bytes > limit_bytes) {
    return invalid(path + ": " + std::to_string(file.bytes) + " bytes, at most " + std::to_string(limit_bytes) +
                   " are allowed here");
  }
  std::string text(file.bytes, '\0');
  std::size_t have = 0;
  while (have < text.size()) {
    const ssize_t got = ::read(file.descriptor.get(), text.data() + have, text.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error(errno, path);
    if (got == 0) break;  // the file shrank since fstat
    have += std::size_t(got);
  }
  text.resize(have);
  return text;
}

Result<WrittenFile> write_file(const std::string& path, std::span<const std::string_view> chunks) {
  static std::atomic<unsigned> counter{0};
  const std::string temporary = unfinished_name(path) + "-" + std::to_string(counter.fetch_add(1));
  ::unlink(temporary.c_str());  // of a process that had this number before and was killed
  Result<WrittenFile> written = write_and_rename(temporary, path, chunks);
  if (!written) {
    ::unlink(temporary.c_str());
    return written;
  }
  const std::string folder = std::filesystem::path(path).parent_path().string();
  MER_TRY(sync_folder(folder.empty() ? "." : folder));
  return written;
}

std::string unfinished_name(const std::string& path) {
  return path + kUnfinished + std::to_string(::getpid());
}

void remove_unfinished(const std::string& folder) {
  std::error_code ignored;  // they take up space, no more
  std::vector<std::filesystem::path> found;
  std::filesystem::directory_iterator entry(folder, ignored);
  for (; entry != std::filesystem::directory_iterator(); entry.increment(ignored)) {
    if (entry->path().filename().string().find(kUnfinished) != std::string::npos) found.push_back(entry->path());
  }
  for (const std::filesystem::path& path : found) std::filesystem::remove_all(path, ignored);
}

Status sync_folder(const std::string& folder) {
  const Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.get() < 0) return system_error(errno, folder);
  if (::fsync(descriptor.get()) != 0) return system_error(errno, folder);
  return {};
}

}  // namespace mer::data
