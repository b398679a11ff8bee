#include "worker/trainer/requests.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

#include "core/check.hpp"

namespace mer::trainer {

void Requests::add(const StopTrials& request) {
  const std::lock_guard lock(mutex_);
  const bool all = request.trials.empty() || (stops_ && stops_->trials.empty());
  if (!stops_) stops_.emplace();
  stops_->trials.insert(stops_->trials.end(), request.trials.begin(), request.trials.end());
  if (all) stops_->trials.clear();
  any_ = true;
}

void Requests::add(const Assign& joining) {
  const std::lock_guard lock(mutex_);
  joining_.insert(joining_.end(), joining.job.trials.begin(), joining.job.trials.end());
  any_ = true;
  changed_.notify_all();
}

void Requests::add(const Shutdown& /*request*/) {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

void Requests::add(const GangSum& /*sum*/) {
  const std::lock_guard lock(mutex_);
  ++sums_;
  changed_.notify_all();
}

std::vector<TrialJob> Requests::take_joining() {
  if (!any_) return {};
  const std::lock_guard lock(mutex_);
  any_ = stops_.has_value();
  return std::exchange(joining_, {});
}

std::optional<StopTrials> Requests::take_stops() {
  if (!any_) return std::nullopt;
  const std::lock_guard lock(mutex_);
  any_ = !joining_.empty();
  return std::exchange(stops_, std::nullopt);
}

bool Requests::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::milliseconds(200), [this] { return ended_ || !joining_.empty(); });
  return !ended_ || !joining_.empty();
}

void Requests::wait_for_sum() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return sums_ > 0; });
  --sums_;
}

CommandReader::CommandReader(int descriptor) : descriptor_(descriptor), wake_(eventfd(0, EFD_CLOEXEC)) {
  MER_CHECK(wake_ >= 0, "no eventfd");
}

CommandReader::~CommandReader() {
  const std::uint64_t one = 1;
  MER_CHECK(write(wake_, &one, sizeof one) == sizeof one, "an eventfd takes a write");
  if (thread_.joinable()) thread_.join();
  close(wake_);
}

Result<std::optional<Message>> CommandReader::read() {
  for (;;) {
    MER_ASSIGN(std::optional<std::string> payload, frames_.next());
    if (payload) {
      MER_ASSIGN(Message message, decode(*payload));
      return std::optional<Message>(std::move(message));
    }
    if (!wait_readable()) return std::optional<Message>();
    std::array<char, 65536> buffer;
    const ssize_t got = ::read(descriptor_, buffer.data(), buffer.size());
    if (got > 0) {
      frames_.feed({buffer.data(), std::size_t(got)});
    } else if (got == 0) {
      return Error{ErrorCode::unavailable, "the agent closed the command pipe"};
    } else if (errno != EINTR) {
      return Error{ErrorCode::unavailable, std::string("the command pipe broke: ") + std::strerror(errno)};
    }
  }
}

bool CommandReader::wait_readable() {
  std::array<pollfd, 2> watched = {pollfd{descriptor_, POLLIN, 0}, pollfd{wake_, POLLIN, 0}};
  while (poll(watched.data(), watched.size(), -1) < 0) {
    if (errno != EINTR) return true;  // read() will name the error
  }
  return (watched[1].revents & POLLIN) == 0;
}

void CommandReader::start(Requests& requests, std::function<void(const Error&)> lost) {
  thread_ = std::thread([this, &requests, lost = std::move(lost)] {
    for (;;) {
      const Result<std::optional<Message>> message = read();
      if (!message) return lost(message.error());
      if (!message->has_value()) return;
      if (const auto* stop = std::get_if<StopTrials>(&message->value())) requests.add(*stop);
      if (const auto* joining = std::get_if<Assign>(&message->value())) requests.add(*joining);
      if (const auto* end = std::get_if<Shutdown>(&message->value())) requests.add(*end);
      if (const auto* sum = std::get_if<GangSum>(&message->value())) requests.add(*sum);
    }
  });
}

}  // namespace mer::trainer
