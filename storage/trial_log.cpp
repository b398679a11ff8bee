#include "storage/trial_log.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

#include "core/joined.hpp"
#include "core/log_pointer.hpp"

namespace mer::storage {
namespace {

constexpr std::size_t kLongestPointer = 4096;

std::string short_id(const TrialId& id) {
  return id.hex.substr(0, 8);
}

Error never_started(const TrialDetail& trial) {
  const std::string why = trial.row.message.empty() ? "" : ": " + trial.row.message;
  return {ErrorCode::not_found, "trial " + short_id(trial.spec.id) +
                                    " has no log: no attempt of it has started; it is " + name_of(trial.row.state) +
                                    why};
}

// "there is attempt 1", "there are attempts 1 to 3", "there are attempts 1, 3".
std::string those_there(const std::vector<AttemptRow>& attempts) {
  const int first = attempts.front().attempt, last = attempts.back().attempt;
  if (first == last) return "there is attempt " + std::to_string(first);
  if (last - first + 1 == int(attempts.size())) {
    return "there are attempts " + std::to_string(first) + " to " + std::to_string(last);
  }
  const auto number = [](const auto& attempt) { return std::to_string(attempt.attempt); };
  return "there are attempts " + joined(attempts, ", ", number);
}

}  // namespace

Result<AttemptRow> attempt_of(const TrialDetail& trial, int number) {
  if (trial.attempts.empty()) return never_started(trial);
  if (number == 0) return trial.attempts.back();
  const auto found = std::ranges::find(trial.attempts, number, &AttemptRow::attempt);
  if (found != trial.attempts.end()) return *found;
  return Error{ErrorCode::not_found, "trial " + short_id(trial.spec.id) + " has no attempt " + std::to_string(number) +
                                         "; " + those_there(trial.attempts)};
}

std::string standing_text(const AttemptRow& attempt) {
  const std::string& outcome = attempt.outcome;
  const std::string verb = outcome == "running" ? "is " : outcome == "lost" || outcome == "stopped" ? "was " : "";
  return "attempt " + std::to_string(attempt.attempt) + " " + verb + outcome +
         (attempt.failure ? ": " + attempt.failure->message : "");
}

Result<std::string> TrialLog::read(std::int64_t offset, std::size_t most) {
  if (!open_) MER_TRY(open());
  if (!begun_) MER_TRY(follow_pointer());
  return read_at(offset, most);
}

Status TrialLog::open() {
  open_ = Descriptor(::open(file_.c_str(), O_RDONLY | O_CLOEXEC));
  return open_ ? Status() : Status(system_error(errno, file_.string()));
}

Status TrialLog::follow_pointer() {
  MER_ASSIGN(const std::string beginning, read_at(0, kLongestPointer));
  begun_ = !beginning.empty();
  const auto pointed = pointed_log(beginning);
  if (!pointed) return {};
  pointed_ = *pointed;
  file_ = store_ / pointed_;
  return open();
}

Result<std::string> TrialLog::read_at(std::int64_t offset, std::size_t most) const {
  std::string bytes(most, '\0');
  const ssize_t got = ::pread(open_.get(), bytes.data(), bytes.size(), offset);
  if (got < 0) return system_error(errno, file_.string() + ": cannot read");
  bytes.resize(std::size_t(got));
  return bytes;
}

Result<std::string> log_part(const StoreDir& store, const TrialDetail& trial, int attempt, std::int64_t offset,
                             std::size_t most) {
  MER_ASSIGN(const AttemptRow chosen, attempt_of(trial, attempt));
  auto part = TrialLog(store.path(), store.log_file(trial.spec.id, chosen.attempt)).read(offset, most);
  if (part) return part;
  if (part.error().code != ErrorCode::not_found) return Error{part.error().code, "the log cannot be read"};
  if (chosen.outcome == "running") return std::string();
  return Error{ErrorCode::not_found,
               standing_text(chosen) + ", and its log is gone: was it removed, or is it on another machine?"};
}

}  // namespace mer::storage
