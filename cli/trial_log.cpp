#include "cli/trial_log.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

#include "core/log_pointer.hpp"

namespace mer::cli {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 16;

std::string short_id(const TrialId& id) {
  return id.hex.substr(0, 8);
}

Error never_started(const storage::TrialDetail& trial) {
  const std::string why = trial.row.message.empty() ? "" : ": " + trial.row.message;
  return {ErrorCode::not_found, "trial " + short_id(trial.spec.id) +
                                    " has no log: no attempt of it has started; it is " + name_of(trial.row.state) +
                                    why};
}

// "there is attempt 1", "there are attempts 1 to 3", "there are attempts 1, 3".
std::string those_there(const std::vector<storage::AttemptRow>& attempts) {
  const int first = attempts.front().attempt, last = attempts.back().attempt;
  if (first == last) return "there is attempt " + std::to_string(first);
  if (last - first + 1 == int(attempts.size())) {
    return "there are attempts " + std::to_string(first) + " to " + std::to_string(last);
  }
  std::string numbers;
  for (const auto& attempt : attempts) numbers += (numbers.empty() ? "" : ", ") + std::to_string(attempt.attempt);
  return "there are attempts " + numbers;
}

}  // namespace

Result<storage::AttemptRow> attempt_of(const storage::TrialDetail& trial, int number) {
  if (trial.attempts.empty()) return never_started(trial);
  if (number == 0) return trial.attempts.back();
  const auto found = std::ranges::find(trial.attempts, number, &storage::AttemptRow::attempt);
  if (found != trial.attempts.end()) return *found;
  return Error{ErrorCode::not_found, "trial " + short_id(trial.spec.id) + " has no attempt " + std::to_string(number) +
                                         "; " + those_there(trial.attempts)};
}

std::string standing_text(const storage::AttemptRow& attempt) {
  const std::string& outcome = attempt.outcome;
  const std::string verb = outcome == "running" ? "is " : outcome == "lost" || outcome == "stopped" ? "was " : "";
  return "attempt " + std::to_string(attempt.attempt) + " " + verb + outcome +
         (attempt.failure ? ": " + attempt.failure->message : "");
}

Status TrialLog::copy_to(std::FILE* out) {
  std::string bytes(kChunk, '\0');
  while (true) {
    if (!open_) MER_TRY(open());
    const ssize_t got = ::read(open_.get(), bytes.data(), bytes.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error(errno, file_.string() + ": cannot read");
    if (got == 0) break;
    if (copied_ == 0 && follow_pointer(bytes.substr(0, std::size_t(got)))) continue;
    std::fwrite(bytes.data(), 1, std::size_t(got), out);
    copied_ += got;
  }
  std::fflush(out);
  return {};
}

Status TrialLog::open() {
  open_ = Descriptor(::open(file_.c_str(), O_RDONLY | O_CLOEXEC));
  return open_ ? Status() : Status(system_error(errno, file_.string()));
}

bool TrialLog::follow_pointer(const std::string& bytes) {
  const auto pointed = pointed_.empty() ? pointed_log(bytes) : std::nullopt;
  if (!pointed) return false;
  pointed_ = *pointed;
  file_ = store_ / pointed_;
  open_.reset();
  return true;
}

}  // namespace mer::cli
