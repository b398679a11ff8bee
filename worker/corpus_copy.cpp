#include "worker/corpus_copy.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include "data/corpus.hpp"
#include "worker/corpus_reader.hpp"

namespace mer::worker {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kAskedAtOnce = 8 * kCorpusPart;
constexpr auto kLockPause = std::chrono::milliseconds(20);
constexpr auto kKept = std::chrono::hours(7 * 24);

struct Place {
  explicit Place(const std::string& path) : folder(path), part(path + ".part"), lock(path + ".lock") {}
  std::string folder, part, lock;
};

void remove(const std::string& path) {
  std::error_code ignored;
  fs::remove_all(path, ignored);
}

// --- the folder of this user: nobody else may write to it, or read corpora that are not theirs to read ---

Status check_parent(const std::string& folder) {
  const std::string parent = fs::path(folder).parent_path().string();
  struct stat status {};
  if (::stat(parent.c_str(), &status) != 0) return system_error(errno, parent);
  if ((status.st_mode & S_IWOTH) == 0 || (status.st_mode & S_ISVTX) != 0) return {};
  return invalid(parent + ": everybody may rename what is in it; expected the sticky bit, or set MER_LOCAL");
}

Status make_private(const std::string& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return system_error(errno, folder);
  struct stat status {};
  if (::lstat(folder.c_str(), &status) != 0) return system_error(errno, folder);
  if (S_ISDIR(status.st_mode) && status.st_uid == ::geteuid() && (status.st_mode & 077) == 0) return {};
  return invalid(folder + ": expected a folder of this user with mode 0700; remove it, or set MER_LOCAL");
}

// --- locks ---

Result<bool> try_lock(const Descriptor& file, int kind, const std::string& path) {
  while (::flock(file.get(), kind | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) return system_error(errno, path);
  }
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return system_error(errno, path);
  return status.st_nlink > 0;  // else it was removed as old meanwhile, and another may be there
}

Result<Descriptor> open_lock(const std::string& path) {
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return system_error(errno, path);
  return file;
}

// --- fetching ---

bool stays_inside(const fs::path& file) {
  return !file.empty() && file.is_relative() && std::ranges::find(file, "..") == file.end();
}

Status check_space(const std::string& folder, std::int64_t bytes) {
  struct statvfs space {};
  if (::statvfs(folder.c_str(), &space) != 0) return system_error(errno, folder);
  const auto available = std::int64_t(space.f_bavail) * std::int64_t(space.f_frsize);
  if (bytes < available) return {};
  return Error{ErrorCode::no_space, folder + ": " + std::to_string(available) + " bytes are free, the corpus has " +
                                        std::to_string(bytes) + "; make room, or set MER_LOCAL"};
}

Status write_all(const Descriptor& file, const std::vector<std::uint8_t>& bytes, const std::string& path) {
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t written = ::write(file.get(), bytes.data() + done, bytes.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_error(errno, path);
    done += std::size_t(written);
  }
  return {};
}

Status fetch_file(const std::string& into, const std::string& folder, const CorpusFile& file, CorpusSource& source) {
  const fs::path path = fs::path(into) / file.name;
  std::error_code ignored;  // open() will say
  fs::create_directories(path.parent_path(), ignored);
  Descriptor out(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!out) return system_error(errno, path.string());
  const auto part_at = [&](std::int64_t offset) { return std::min(kCorpusPart, file.bytes - offset); };
  for (std::int64_t asked = 0, written = 0; written < file.bytes;) {
    for (; asked < file.bytes && asked < written + kAskedAtOnce; asked += part_at(asked)) {
      source.ask({0, folder, file.name, asked, part_at(asked)});
    }
    MER_ASSIGN(const CorpusAnswer answer, source.answer());
    if (std::int64_t(answer.bytes.size()) != part_at(written)) {
      return Error{ErrorCode::corrupt, file.name + ": got " + std::to_string(answer.bytes.size()) +
                                           " bytes, asked for " + std::to_string(part_at(written))};
    }
    MER_TRY(write_all(out, answer.bytes, path.string()));
    written += part_at(written);
  }
  if (::close(out.release()) != 0) return system_error(errno, path.string());
  return {};
}

Status fetch(const std::string& into, const std::string& folder, CorpusSource& source) {
  source.ask({0, folder, "", 0, 0});
  MER_ASSIGN(const CorpusAnswer list, source.answer());
  std::int64_t bytes = 0;
  for (const CorpusFile& file : list.files) {
    if (!stays_inside(file.name)) return invalid(file.name + ": expected a path inside the corpus folder");
    bytes += file.bytes;
  }
  if (::mkdir(into.c_str(), 0700) != 0) return system_error(errno, into);
  MER_TRY(check_space(into, bytes));
  for (const CorpusFile& file : list.files) MER_TRY(fetch_file(into, folder, file, source));
  return {};
}

// --- the copy ---

Status verify(const std::string& folder, const CorpusId& expected) {
  MER_ASSIGN(const data::Corpus corpus, data::load_corpus(folder));
  if (corpus.id == expected) return {};
  return Error{ErrorCode::corrupt, folder + ": holds corpus " + corpus.id.hex + ", expected " + expected.hex +
                                       "; did the corpus change after the sweep was planned?"};
}

Status fetch_whole(const Place& place, const CorpusId& corpus, const std::string& folder, CorpusSource& source) {
  remove(place.folder);
  remove(place.part);
  Status status = fetch(place.part, folder, source);
  if (status) status = verify(place.part, corpus);
  if (status && ::rename(place.part.c_str(), place.folder.c_str()) != 0) status = system_error(errno, place.folder);
  if (!status) remove(place.part);
  return status;
}

void remove_old(const std::string& folder) {
  std::error_code ignored;
  const auto oldest = fs::file_time_type::clock::now() - kKept;
  std::vector<fs::path> locks;
  for (fs::directory_iterator entry(folder, ignored), end; entry != end; entry.increment(ignored)) {
    const bool old = entry->last_write_time(ignored) < oldest && !ignored;
    if (old && entry->path().extension() == ".lock") locks.push_back(entry->path());
  }
  for (fs::path& path : locks) {
    const Place place(path.replace_extension().string());
    const auto lock = open_lock(place.lock);
    const auto alone = lock ? try_lock(*lock, LOCK_EX, place.lock) : Result<bool>(false);
    if (!alone || !*alone) continue;
    remove(place.folder);
    remove(place.part);
    remove(place.lock);
  }
}

}  // namespace

std::string local_folder() {
  const auto variable = [](const char* name, const std::string& otherwise) {
    const char* value = std::getenv(name);
    return value == nullptr || *value == '\0' ? otherwise : std::string(value);
  };
  return variable("MER_LOCAL", variable("SLURM_TMPDIR", variable("TMPDIR", "/tmp"))) + "/mer-" +
         std::to_string(::geteuid());
}

Result<CorpusCopy> CorpusCopy::get(const std::string& local, const CorpusId& corpus, const std::string& folder,
                                   CorpusSource& source) {
  if (corpus.hex.empty() || !std::ranges::all_of(corpus.hex, [](unsigned char c) { return std::isxdigit(c) != 0; })) {
    return invalid("\"" + corpus.hex + "\" is not the hash of a corpus");
  }
  MER_TRY(check_parent(local));
  MER_TRY(make_private(local));
  const std::string copies = local + "/corpora";
  MER_TRY(make_private(copies));
  const Place place(copies + "/" + corpus.hex);
  for (; !source.given_up(); std::this_thread::sleep_for(kLockPause)) {
    MER_ASSIGN(Descriptor lock, open_lock(place.lock));
    MER_ASSIGN(const bool alone, try_lock(lock, LOCK_EX, place.lock));
    if (alone) {
      ::futimens(lock.get(), nullptr);  // used now
      if (!verify(place.folder, corpus)) {
        MER_TRY(fetch_whole(place, corpus, folder, source));
        remove_old(copies);
      }
    }
    MER_ASSIGN(const bool shared, try_lock(lock, LOCK_SH, place.lock));
    std::error_code ignored;
    if (shared && fs::is_directory(place.folder, ignored)) return CorpusCopy(place.folder, std::move(lock));
  }
  return Error{ErrorCode::unavailable, "copying the corpus was given up"};
}

}  // namespace mer::worker
