#include "tests/faults/write_faults.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/uio.h>
#include <unistd.h>

namespace mer::faults {
namespace {

constexpr long kRemembered = 1 << 16;
constexpr long kNfs = 0x6969;  // statfs(2)

enum class Call { writes, interruptible, other };

// Set up before main and without allocations: the C library's functions are called at any time.
struct State {
  std::array<char, PATH_MAX> folder{};
  std::array<char, PATH_MAX> met{};
  Fault fault;
  bool network = false;
  std::atomic<bool> armed = false;
  std::atomic<int> uncounted = 0;
  std::atomic<long> count = 0;
  std::array<char, kRemembered> calls{};
};
constinit State g_state;

template <class Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

bool below(std::string_view path) {
  const std::string_view folder = g_state.folder.data();
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

bool counting() {
  return g_state.armed && g_state.uncounted == 0;
}

bool counts(const char* path) {
  return counting() && path != nullptr && below(path);
}

bool counts(int file) {
  if (!counting()) return false;
  const int errno_before = errno;
  std::array<char, 64> link{};
  std::array<char, PATH_MAX> path{};
  std::snprintf(link.data(), link.size(), "/proc/self/fd/%d", file);
  const ssize_t length = readlink(link.data(), path.data(), path.size() - 1);
  errno = errno_before;
  return length > 0 && below({path.data(), std::size_t(length)});
}

bool counts(int folder, const char* path) {
  return path != nullptr && path[0] != '/' && folder != AT_FDCWD ? counts(folder) : counts(path);
}

bool creates(int flags) {
  return (flags & (O_CREAT | O_TRUNC)) != 0;
}

[[noreturn]] void die() {
  while (true) kill(getpid(), SIGKILL);
}

// False: another process was the one that this fault is for.
bool is_the_one() {
  if (g_state.met[0] == '\0' || (g_state.fault.times > 1 && access(g_state.met.data(), F_OK) == 0)) return true;
  static const bool first = [] {
    const int file = real<int(const char*, int, ...)>("open")(g_state.met.data(), O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file >= 0) close(file);
    return file >= 0;
  }();
  return first;
}

int error_of(Kind kind) {
  if (kind == Kind::io) return EIO;
  return kind == Kind::no_space ? ENOSPC : EINTR;
}

enum class Act { make, fail, shorten, make_and_die };

Act reach(Call call) {
  const long number = ++g_state.count;
  const char letter = call == Call::writes ? 'w' : call == Call::interruptible ? 'i' : '-';
  if (number <= kRemembered) g_state.calls[std::size_t(number - 1)] = letter;
  const Fault& fault = g_state.fault;
  if (fault.kind == Kind::none || number < fault.at || number - fault.at >= fault.times) return Act::make;
  if (fault.kind == Kind::interrupted && call == Call::other) return Act::make;
  if (!is_the_one()) return Act::make;
  switch (fault.kind) {
    case Kind::kill_before: die();
    case Kind::kill_after: return Act::make_and_die;
    case Kind::short_write: return call == Call::writes ? Act::shorten : Act::make;
    default: errno = error_of(fault.kind); return Act::fail;
  }
}

// Makes the call, or what is to happen instead of it. make(shortened) calls the C library's function.
template <class Make>
auto at_point(bool counted, Call call, Make make) {
  const Act act = counted ? reach(call) : Act::make;
  if (act == Act::fail) return decltype(make(false))(-1);
  const auto result = make(act == Act::shorten);
  if (act == Act::make_and_die) die();
  return result;
}

std::size_t part_of(std::size_t bytes, bool shortened) {
  return shortened ? std::max<std::size_t>(1, bytes / 2) : bytes;
}

// Half of the first piece that has bytes.
template <class Write>
ssize_t write_pieces(const iovec* pieces, int number, bool shortened, Write write) {
  if (!shortened) return write(pieces, number);
  const iovec* first = std::find_if(pieces, pieces + number, [](const iovec& piece) { return piece.iov_len > 0; });
  if (first == pieces + number) return write(pieces, number);
  const iovec half{first->iov_base, part_of(first->iov_len, true)};
  return write(&half, 1);
}

void keep(std::array<char, PATH_MAX>& text, const char* value) {
  std::snprintf(text.data(), text.size(), "%s", value == nullptr ? "" : value);
}

const char* setting(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

[[gnu::constructor]] void arm_from_environment() {
  const std::string_view program = setting("MER_FAULT_PROGRAM"), kind = setting("MER_FAULT");
  if (!program.empty() && program != program_invocation_short_name) return;
  const auto* found = std::find(std::begin(kNames), std::end(kNames), kind);
  if (found == std::end(kNames) || *setting("MER_FAULT_FOLDER") == '\0') return;
  keep(g_state.folder, setting("MER_FAULT_FOLDER"));
  keep(g_state.met, setting("MER_FAULT_MET"));
  const bool lasting = *setting("MER_FAULT_LASTING") != '\0';
  g_state.fault = {Kind(found - std::begin(kNames)), std::atol(setting("MER_FAULT_AT")), lasting ? kLasting : 1};
  if (lasting && g_state.met[0] != '\0' && access(g_state.met.data(), F_OK) == 0) g_state.fault.at = 1;
  g_state.armed = true;
}

}  // namespace

void arm(const std::string& folder, const Fault& fault, bool network) {
  keep(g_state.folder, folder.c_str());
  g_state.fault = fault;
  g_state.network = network;
  g_state.count = 0;
  g_state.armed = true;
}

void disarm() {
  g_state.armed = false;
}

std::string points() {
  return {g_state.calls.data(), std::size_t(std::min(g_state.count.load(), kRemembered))};
}

Uncounted::Uncounted() {
  ++g_state.uncounted;
}

Uncounted::~Uncounted() {
  --g_state.uncounted;
}

}  // namespace mer::faults

// --- the C library's functions ---

using mer::faults::at_point;
using mer::faults::Call;
using mer::faults::counts;
using mer::faults::creates;
using mer::faults::part_of;
using mer::faults::real;
using mer::faults::write_pieces;

namespace {

mode_t mode_in(va_list arguments, int flags) {
  const bool has_mode = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
  return has_mode ? mode_t(va_arg(arguments, int)) : mode_t(0);
}

int open_as(const char* name, const char* path, int flags, mode_t mode) {
  return at_point(creates(flags) && counts(path), Call::interruptible,
                  [&](bool) { return real<int(const char*, int, ...)>(name)(path, flags, mode); });
}

int openat_as(const char* name, int folder, const char* path, int flags, mode_t mode) {
  return at_point(creates(flags) && counts(folder, path), Call::interruptible,
                  [&](bool) { return real<int(int, const char*, int, ...)>(name)(folder, path, flags, mode); });
}

ssize_t pwrite_as(const char* name, int file, const void* bytes, size_t size, off_t offset) {
  return at_point(counts(file), Call::writes, [&](bool shortened) {
    return real<ssize_t(int, const void*, size_t, off_t)>(name)(file, bytes, part_of(size, shortened), offset);
  });
}

ssize_t pwritev_as(const char* name, int file, const iovec* pieces, int number, off_t offset) {
  return at_point(counts(file), Call::writes, [&](bool shortened) {
    return write_pieces(pieces, number, shortened, [&](const iovec* some, int count) {
      return real<ssize_t(int, const iovec*, int, off_t)>(name)(file, some, count, offset);
    });
  });
}

int ftruncate_as(const char* name, int file, off_t size) {
  return at_point(counts(file), Call::interruptible, [&](bool) { return real<int(int, off_t)>(name)(file, size); });
}

int sync_as(const char* name, int file) {
  return at_point(counts(file), Call::interruptible, [&](bool) { return real<int(int)>(name)(file); });
}

int path_call(const char* name, const char* path) {
  return at_point(counts(path), Call::other, [&](bool) { return real<int(const char*)>(name)(path); });
}

int statfs_as(const char* name, const char* path, void* facts, long* type) {
  const int result = real<int(const char*, void*)>(name)(path, facts);
  if (result == 0 && mer::faults::g_state.network && counts(path)) *type = mer::faults::kNfs;
  return result;
}

}  // namespace

#pragma GCC diagnostic ignored "-Wnonnull-compare"
extern "C" {

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_in(arguments, flags);
  va_end(arguments);
  return open_as("open", path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_in(arguments, flags);
  va_end(arguments);
  return open_as("open64", path, flags, mode);
}
int openat(int folder, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_in(arguments, flags);
  va_end(arguments);
  return openat_as("openat", folder, path, flags, mode);
}
int openat64(int folder, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_in(arguments, flags);
  va_end(arguments);
  return openat_as("openat64", folder, path, flags, mode);
}
int creat(const char* path, mode_t mode) {
  return open_as("open", path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

ssize_t write(int file, const void* bytes, size_t size) {
  return at_point(counts(file), Call::writes, [&](bool shortened) {
    return real<ssize_t(int, const void*, size_t)>("write")(file, bytes, part_of(size, shortened));
  });
}
ssize_t pwrite(int file, const void* bytes, size_t size, off_t offset) {
  return pwrite_as("pwrite", file, bytes, size, offset);
}
ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t offset) {
  return pwrite_as("pwrite64", file, bytes, size, offset);
}
ssize_t writev(int file, const iovec* pieces, int number) {
  return at_point(counts(file), Call::writes, [&](bool shortened) {
    return write_pieces(pieces, number, shortened, [&](const iovec* some, int count) {
      return real<ssize_t(int, const iovec*, int)>("writev")(file, some, count);
    });
  });
}
ssize_t pwritev(int file, const iovec* pieces, int number, off_t offset) {
  return pwritev_as("pwritev", file, pieces, number, offset);
}
ssize_t pwritev64(int file, const iovec* pieces, int number, off64_t offset) {
  return pwritev_as("pwritev64", file, pieces, number, offset);
}

int ftruncate(int file, off_t size) noexcept {
  return ftruncate_as("ftruncate", file, size);
}
int ftruncate64(int file, off64_t size) noexcept {
  return ftruncate_as("ftruncate64", file, size);
}
int truncate(const char* path, off_t size) noexcept {
  return at_point(counts(path), Call::interruptible,
                  [&](bool) { return real<int(const char*, off_t)>("truncate")(path, size); });
}
int fsync(int file) {
  return sync_as("fsync", file);
}
int fdatasync(int file) {
  return sync_as("fdatasync", file);
}

int rename(const char* from, const char* to) noexcept {
  return at_point(counts(from) || counts(to), Call::other,
                  [&](bool) { return real<int(const char*, const char*)>("rename")(from, to); });
}
int unlink(const char* path) noexcept {
  return path_call("unlink", path);
}
int rmdir(const char* path) noexcept {
  return path_call("rmdir", path);
}
int remove(const char* path) noexcept {
  return path_call("remove", path);
}
int unlinkat(int folder, const char* path, int flags) noexcept {
  return at_point(counts(folder, path), Call::other,
                  [&](bool) { return real<int(int, const char*, int)>("unlinkat")(folder, path, flags); });
}
int mkdir(const char* path, mode_t mode) noexcept {
  return at_point(counts(path), Call::other, [&](bool) { return real<int(const char*, mode_t)>("mkdir")(path, mode); });
}
int statfs(const char* path, struct statfs* facts) noexcept {
  return statfs_as("statfs", path, facts, &facts->f_type);
}
int statfs64(const char* path, struct statfs64* facts) noexcept {
  return statfs_as("statfs64", path, facts, &facts->f_type);
}

}  // extern "C"
