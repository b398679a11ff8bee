// no_op_trainer: a trainer that trains nothing, as a program: `mer-worker --trainer no_op_trainer`. Answers the trials
// of its first job as worker/no_op_trainer.hpp does, and exits. It never asks for more than the one trial that a worker
// gets unasked, so that each trial costs a process.
//
//   MER_NO_OP_EPOCH_MS  time that an epoch takes, 0 by default: long enough to be killed or stopped in one
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <thread>
#include <unistd.h>
#include <variant>

#include "core/exit_code.hpp"
#include "core/frame.hpp"
#include "core/messages.hpp"
#include "worker/no_op_trainer.hpp"

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kBeatEvery{500};

void send(const mer::Message& message) {
  const std::string frame = mer::frame_of(mer::encode(message));
  for (std::size_t done = 0; done < frame.size();) {
    const ssize_t written = ::write(3, frame.data() + done, frame.size() - done);
    if (written < 0) std::_Exit(int(mer::ExitCode::orphaned));
    done += std::size_t(written);
  }
}

// The first job; nullopt: the pipe ended before one came.
std::optional<mer::StackJob> read_job() {
  mer::FrameReader frames;
  while (true) {
    const auto frame = frames.next();
    if (!frame) return std::nullopt;
    if (*frame) {
      const auto message = mer::decode(**frame);
      const auto* assign = message ? std::get_if<mer::Assign>(&*message) : nullptr;
      return assign == nullptr ? std::nullopt : std::optional(assign->job);
    }
    char chunk[65536];
    const ssize_t got = ::read(0, chunk, sizeof chunk);
    if (got <= 0) return std::nullopt;
    frames.feed({chunk, std::size_t(got)});
  }
}

void spend(milliseconds left) {
  for (; left.count() > 0; left -= kBeatEvery) {
    send(mer::Beat{});
    std::this_thread::sleep_for(std::min(left, kBeatEvery));
  }
}

}  // namespace

int main() {
  const char* epoch = std::getenv("MER_NO_OP_EPOCH_MS");
  const milliseconds epoch_time(epoch == nullptr ? 0 : std::atoi(epoch));
  const std::optional<mer::StackJob> job = read_job();
  if (!job) return int(mer::ExitCode::internal);
  for (const mer::TrialJob& trial : job->trials) {
    for (const mer::Report& report : mer::worker::no_op_reports(job->store, trial)) {
      if (std::holds_alternative<mer::EpochDone>(report.event)) spend(epoch_time);
      send(report);
    }
  }
  return 0;
}
