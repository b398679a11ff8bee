#include "orchestrator/progress_meter.hpp"

#include <algorithm>

namespace mer::orchestrator {

void ProgressMeter::add(const storage::TrialProgress& trial) {
  if (is_final(trial.state)) return;
  const int done = trial.checkpoints.empty() ? 0 : trial.checkpoints.front().epoch;
  const auto [left, is_new] = trials_.try_emplace(trial.spec.id, Left{trial.spec.train.epochs, 0});
  if (!is_new) return;
  epochs_left_ += left->second.epochs;
  set_done(left->second, done);
}

void ProgressMeter::set_done(Left& trial, int done) {
  const int bounded = std::clamp(done, 0, trial.epochs);
  epochs_left_ -= bounded - trial.done;
  trial.done = bounded;
}

void ProgressMeter::note(const Report& report) {
  const auto found = trials_.find(report.trial);
  if (found == trials_.end()) return;
  if (const auto* started = std::get_if<AttemptStarted>(&report.event)) {
    set_done(found->second, started->resumed_epoch);
  } else if (const auto* epoch = std::get_if<EpochDone>(&report.event)) {
    epoch_rows_ += std::int64_t(epoch->rows.size());
    ++epochs_trained_;
    set_done(found->second, epoch->timing.epoch);
  } else if (std::holds_alternative<AttemptFinished>(report.event) ||
             std::holds_alternative<AttemptDiverged>(report.event)) {
    set_done(found->second, found->second.epochs);
  }
}

std::optional<double> ProgressMeter::seconds_left(TimePoint now) {
  if (!begin_) begin_ = now;
  if (epochs_trained_ == 0) return std::nullopt;
  const double seconds = std::chrono::duration<double>(now - *begin_).count();
  return seconds * double(epochs_left_) / double(epochs_trained_);
}

}  // namespace mer::orchestrator
