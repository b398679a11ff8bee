#include "worker/trainer/report_sink.hpp"

#include <chrono>
#include <cstdio>
#include <string>
#include <utility>

#include "core/descriptor.hpp"
#include "core/frame.hpp"
#include "core/scores.hpp"

namespace mer::trainer {
namespace {

std::string percent(double fraction) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", 100 * fraction);
  return text;
}

// What a person wants to read of each event.
struct Describe {
  std::string operator()(const AttemptStarted& event) const {
    std::string text =
        event.resumed_epoch > 0 ? "resumes after epoch " + std::to_string(event.resumed_epoch) : std::string("starts");
    text += " on " + event.environment.device;
    for (const std::string& refused : event.refused_checkpoints) text += "\n  refused checkpoint " + refused;
    return text;
  }
  std::string operator()(const EpochDone& event) const {
    std::string text = "epoch " + std::to_string(event.timing.epoch);
    for (const EpochRow& row : event.rows) {
      const Scores scores = scores_of(row.confusion);
      char loss[32];
      std::snprintf(loss, sizeof loss, "%.4f", row.losses.total);
      text += std::string("  ") + name_of(row.split) + " loss " + loss + " WA " + percent(scores.wa) + " UA " +
              percent(scores.ua) + " F1 " + percent(scores.macro_f1);
    }
    char seconds[64];
    std::snprintf(seconds, sizeof seconds, "  %.2f s + %.2f s", event.timing.train_seconds,
                  event.timing.evaluate_seconds);
    return text + seconds;
  }
  std::string operator()(const CheckpointSaved& event) const { return "checkpoint " + event.checkpoint.file; }
  std::string operator()(const AttemptFinished& event) const {
    return "finished after " + std::to_string(event.result.epochs) + " epochs, weights " + event.result.weights_sha256;
  }
  std::string operator()(const AttemptDiverged& event) const {
    return "diverged in epoch " + std::to_string(event.epoch) + " at step " + std::to_string(event.step) + ": " +
           event.component + " is not finite";
  }
  std::string operator()(const AttemptStopped& event) const {
    return "stopped, " + std::to_string(event.epoch) + " epochs are kept in a checkpoint";
  }
  std::string operator()(const AttemptFailed& event) const { return "failed: " + event.failure.message; }
};

}  // namespace

Status FrameSink::send(const Message& message) {
  const std::string frame = frame_of(encode(message));
  const std::lock_guard lock(mutex_);
  return write_all(descriptor_, frame, "reports");
}

Status ProgressSink::send(const Message& message) {
  if (const auto* report = std::get_if<Report>(&message)) {
    std::printf("%s attempt %d %s\n", report->trial.hex.substr(0, 8).c_str(), report->attempt,
                std::visit(Describe(), report->event).c_str());
    std::fflush(stdout);
  }
  return {};
}

Heartbeat::Heartbeat(std::function<void()> beat)
    : thread_([this, beat = std::move(beat)](const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        while (!stop.stop_requested()) {
          beat();
          wake_.wait_for(lock, stop, std::chrono::seconds(1), [] { return false; });
        }
      }) {}

}  // namespace mer::trainer
