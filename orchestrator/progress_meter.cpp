#include "orchestrator/progress_meter.hpp"

#include <algorithm>

namespace mer::orchestrator {

void ProgressMeter::add(int epochs, int done, bool over) {
  trials_.push_back({over ? 0 : epochs, 0});
  epochs_left_ += trials_.back().epochs;
  set_done(trials_.back(), done);
}

void ProgressMeter::set_done(Left& trial, int done) {
  const int bounded = std::clamp(done, 0, trial.epochs);
  epochs_left_ -= bounded - trial.done;
  trial.done = bounded;
}

void ProgressMeter::note(std::size_t trial, const Report& report) {
  Left& left = trials_[trial];
  if (const auto* started = std::get_if<AttemptStarted>(&report.event)) {
    set_done(left, started->resumed_epoch);
  } else if (const auto* epoch = std::get_if<EpochDone>(&report.event)) {
    epoch_rows_ += std::int64_t(epoch->rows.size());
    ++epochs_trained_;
    set_done(left, epoch->timing.epoch);
  } else if (std::holds_alternative<AttemptFinished>(report.event) ||
             std::holds_alternative<AttemptDiverged>(report.event)) {
    set_done(left, left.epochs);
  }
}

std::optional<double> ProgressMeter::seconds_left(TimePoint now) {
  if (!begin_) begin_ = now;
  if (epochs_trained_ == 0) return std::nullopt;
  const double seconds = std::chrono::duration<double>(now - *begin_).count();
  return seconds * double(epochs_left_) / double(epochs_trained_);
}

}  // namespace mer::orchestrator
