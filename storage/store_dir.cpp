#include "storage/store_dir.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <thread>
#include <unistd.h>

#include "core/descriptor.hpp"
#include "core/host_name.hpp"
#include "core/unix_time.hpp"
#include "storage/control.hpp"
#include "storage/holder_codec.hpp"

namespace mer::storage {
namespace {

namespace fs = std::filesystem;

std::string read_some(int fd) {
  std::array<char, 1024> buffer{};
  const ssize_t bytes = pread(fd, buffer.data(), buffer.size(), 0);
  return {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(bytes, 0))};
}

std::string time_text(double unix_seconds) {
  const auto seconds = static_cast<std::time_t>(unix_seconds);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts);
  return text.data();
}

// A holder that is just about to write the lock file has no name yet.
LockHolder holder_in(int fd) {
  return holder_from_json(read_some(fd)).value_or(LockHolder());
}

std::string describe(const LockHolder& holder) {
  if (holder.pid == 0) return "another process";
  return "process " + std::to_string(holder.pid) + " on " + holder.host + " since " + time_text(holder.since);
}

Status write_holder(int fd, const std::string& name) {
  int emptied = 0;
  do {
    emptied = ftruncate(fd, 0);
  } while (emptied != 0 && errno == EINTR);
  if (emptied != 0) return system_error(errno, name + ": cannot empty");
  return write_all(fd, holder_to_json({host_name(), getpid(), unix_time()}), name);
}

// A lock on the whole file that belongs to the open file (not to the process, as POSIX locks do), so that nothing else
// that this process does can drop it.
struct flock whole_file() {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

Result<StoreDir> not_a_store(const fs::path& path) {
  return Error{ErrorCode::not_found, path.string() +
                                         ": no store here (no mer.db); give its folder with --store or "
                                         "MER_STORE, or make one with `merctl run`"};
}

}  // namespace

Result<FileSystemKind> file_system_of(const fs::path& path) {
  struct Known {
    std::uint32_t magic;
    const char* name;
    bool network;
  };
  // statfs(2), linux/magic.h, and the file systems' own sources for lustre, gpfs and beegfs.
  static constexpr std::array kKnown = {
      Known{0xEF53, "ext4", false},      Known{0x58465342, "xfs", false},     Known{0x9123683E, "btrfs", false},
      Known{0x01021994, "tmpfs", false}, Known{0x794C7630, "overlay", false}, Known{0x2FC12FC1, "zfs", false},
      Known{0xF2F52010, "f2fs", false},  Known{0x6969, "nfs", true},          Known{0x0BD00BD0, "lustre", true},
      Known{0x47504653, "gpfs", true},   Known{0x517B, "smb", true},          Known{0xFF534D42, "cifs", true},
      Known{0xFE534D42, "smb2", true},   Known{0x00C36400, "ceph", true},     Known{0x65735546, "fuse", true},
      Known{0x19830326, "beegfs", true}, Known{0x5346414F, "afs", true},      Known{0x01021997, "9p", true},
      Known{0x7461636F, "ocfs2", true},  Known{0x01161970, "gfs2", true},
  };
  struct statfs facts {};
  if (statfs(path.c_str(), &facts) != 0) return system_error(errno, path.string() + ": cannot ask its file system");
  const auto magic = static_cast<std::uint32_t>(facts.f_type);
  const auto known = std::find_if(kKnown.begin(), kKnown.end(), [&](const Known& k) { return k.magic == magic; });
  if (known != kKnown.end()) return FileSystemKind{known->name, known->network};
  std::array<char, 16> name{};
  std::snprintf(name.data(), name.size(), "0x%x", magic);
  return FileSystemKind{name.data(), false};
}

Result<StoreDir> StoreDir::create(const fs::path& path) {
  StoreDir store;
  std::error_code error;
  store.path_ = fs::absolute(path, error).lexically_normal();
  for (const char* folder : {"", "logs", "checkpoints", "folds", "corpora", "submissions"}) {
    const fs::path made = store.path_ / folder;
    fs::create_directories(made, error);
    if (error) return system_error(error.value(), made.string() + ": cannot make this folder");
  }
  MER_ASSIGN(store.file_system_, file_system_of(store.path_));
  return store;
}

Result<StoreDir> StoreDir::open(const fs::path& path) {
  StoreDir store;
  std::error_code error;
  store.path_ = fs::absolute(path, error).lexically_normal();
  if (!fs::is_regular_file(store.database(), error)) return not_a_store(store.path_);
  MER_ASSIGN(store.file_system_, file_system_of(store.path_));
  return store;
}

fs::path StoreDir::log_file(const TrialId& trial, int attempt) const {
  return path_ / "logs" / without_number(trial).hex / (std::to_string(attempt) + ".log");
}

fs::path StoreDir::representations_file(const TrialId& trial, int attempt) const {
  return path_ / "representations" / without_number(trial).hex / (std::to_string(attempt) + ".safetensors");
}

std::string StoreDir::fold_file(const FoldId& fold) {
  return "folds/" + fold.hex + ".json";
}

std::string StoreDir::checkpoint_file(const TrialId& trial, int attempt, int epoch) {
  return "checkpoints/" + trial.hex + "/" + std::to_string(attempt) + "-" + std::to_string(epoch) + ".safetensors";
}

// --- StoreLock ---

Result<StoreLock> StoreLock::acquire(const StoreDir& store, double wait_seconds) {
  using Clock = std::chrono::steady_clock;
  const auto give_up = Clock::now() + std::chrono::duration<double>(wait_seconds);
  const std::string name = store.lock_file().string();
  Descriptor file(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (file.get() < 0) return system_error(errno, name + ": cannot open");
  for (struct flock lock = whole_file(); fcntl(file.get(), F_OFD_SETLK, &lock) != 0; lock = whole_file()) {
    if (errno != EAGAIN && errno != EACCES && errno != EINTR) return system_error(errno, name + ": cannot lock");
    if (Clock::now() >= give_up) {
      return Error{ErrorCode::busy, store.path().string() + ": held by " + describe(holder_in(file.get())) +
                                        "; wait for it, or stop it, or use another --store"};
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  MER_TRY(write_holder(file.get(), name));
  return StoreLock(std::move(file));
}

Result<std::optional<LockHolder>> StoreLock::holder(const StoreDir& store) {
  const std::string name = store.lock_file().string();
  const Descriptor file(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0 && errno == ENOENT) return std::optional<LockHolder>();
  if (file.get() < 0) return system_error(errno, name + ": cannot open");
  struct flock lock = whole_file();
  if (fcntl(file.get(), F_OFD_GETLK, &lock) != 0) return system_error(errno, name + ": cannot ask for its lock");
  if (lock.l_type == F_UNLCK) return std::optional<LockHolder>();
  return std::optional(holder_in(file.get()));
}

}  // namespace mer::storage
