#include "worker/log_file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace mer::worker {

LogFile::LogFile(std::string path, LogLimits limits) : path_(std::move(path)), kept_(limits) {
  open();
}

void LogFile::add(std::string_view printed) {
  write(kept_.take(printed));
}

void LogFile::finish() {
  write(kept_.ending());
  file_.reset();
}

bool LogFile::open() {
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(path_).parent_path(), ignored);
  file_ = Descriptor(::open(path_.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0644));
  if (!file_) reason_ = errno;
  return bool(file_);
}

void LogFile::write(std::string_view bytes) {
  if (bytes.empty() && missed_ == 0) return;
  missed_ += bytes.size();
  if (!file_ && !open()) return;
  if (missed_ > bytes.size()) {
    const std::string gap = "\n[mer: " + std::to_string(missed_ - bytes.size()) +
                            " bytes are missing here: " + std::generic_category().message(reason_) + "]\n";
    if (write_some(gap) < gap.size()) return;
  }
  missed_ = bytes.size() - write_some(bytes);
}

// How many bytes were written before a failure.
std::size_t LogFile::write_some(std::string_view bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t written = ::write(file_.get(), bytes.data() + done, bytes.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      reason_ = errno;
      break;
    }
    done += std::size_t(written);
  }
  return done;
}

}  // namespace mer::worker
