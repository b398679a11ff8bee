#include "worker/trainer/stop_requests.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

#include "core/check.hpp"

namespace mer::trainer {

void StopRequests::add(const StopTrials& request) {
  const std::lock_guard lock(mutex_);
  if (request.trials.empty()) all_ = true;
  trials_.insert(request.trials.begin(), request.trials.end());
  any_ = true;
}

bool StopRequests::wanted(const TrialId& trial) const {
  const std::lock_guard lock(mutex_);
  return all_ || trials_.contains(trial);
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

void CommandReader::start(StopRequests& requests, std::function<void(const Error&)> lost) {
  thread_ = std::thread([this, &requests, lost = std::move(lost)] {
    for (;;) {
      const Result<std::optional<Message>> message = read();
      if (!message) return lost(message.error());
      if (!message->has_value()) return;
      if (const auto* stop = std::get_if<StopTrials>(&message->value())) requests.add(*stop);
    }
  });
}

}  // namespace mer::trainer
