#include "cli/cost.hpp"

#include <algorithm>
#include <cstdio>

#include "cli/store_access.hpp"
#include "core/shape.hpp"
#include "storage/store_dir.hpp"

namespace mer::cli {
namespace {

constexpr int kMostTrials = 48;  // that are looked at
constexpr int kMostSweeps = 16;

struct Measured {
  std::vector<MeasuredAttempt> attempts;
  std::string device;
};

void add(const storage::TrialDetail& trial, Measured& measured) {
  for (const storage::AttemptRow& attempt : trial.attempts) {
    if (!attempt.ended_at || attempt.outcome != "finished") continue;
    measured.attempts.push_back({attempt.host + " " + std::to_string(attempt.worker), attempt.started_at,
                                 *attempt.ended_at, trial.row.epochs - attempt.resumed_epoch});
    if (attempt.environment) measured.device = attempt.environment->device;
  }
}

// The newest trials of this shape.
Result<Measured> measured_trials(storage::ResultReader& reader, const TrialSpec& like) {
  Measured measured;
  int trials_left = kMostTrials, sweeps_left = kMostSweeps;
  MER_ASSIGN(const auto sweeps, reader.sweeps());
  for (const storage::SweepSummary& sweep : sweeps) {
    if (sweep.counts.done == 0 || sweeps_left-- == 0) continue;
    MER_ASSIGN(const auto rows, reader.trials(sweep.id));
    for (const storage::TrialRow& row : rows) {
      if (row.state != TrialState::done || trials_left == 0) continue;
      MER_ASSIGN(const storage::TrialDetail trial, reader.trial(row.id));
      --trials_left;
      if (same_shape(trial.spec, like)) add(trial, measured);
    }
    if (trials_left == 0 || !measured.attempts.empty()) break;
  }
  return measured;
}

std::string with_commas(double number) {
  std::string digits = std::to_string(std::int64_t(number + 0.5));
  for (std::ptrdiff_t at = std::ptrdiff_t(digits.size()) - 3; at > 0; at -= 3) digits.insert(std::size_t(at), ",");
  return digits;
}

}  // namespace

std::optional<double> Cost::worker_hours() const {
  if (!seconds_per_epoch) return std::nullopt;
  return *seconds_per_epoch * epochs / 3600;
}

std::optional<double> seconds_per_epoch(std::vector<MeasuredAttempt> attempts) {
  std::ranges::sort(attempts, {}, [](const MeasuredAttempt& one) { return std::pair(one.worker, one.begin); });
  double busy = 0, epochs = 0, until = 0;
  const std::string* worker = nullptr;
  for (const MeasuredAttempt& one : attempts) {
    if (worker == nullptr || *worker != one.worker) until = one.begin;
    worker = &one.worker;
    busy += std::max(0.0, one.end - std::max(until, one.begin));
    until = std::max(until, one.end);
    epochs += one.epochs;
  }
  if (epochs == 0 || busy == 0) return std::nullopt;
  return busy / epochs;
}

Result<Cost> cost_of(const Context& context, const storage::Submission& submission) {
  Cost cost;
  for (const storage::PlannedTrial& trial : submission.trials) cost.epochs += trial.spec.train.epochs;
  cost.trials = std::int64_t(submission.trials.size());
  if (!storage::StoreDir::open(context.store) || submission.trials.empty()) return cost;
  MER_ASSIGN(const OpenStore store, open_store(context));
  if (!submission.fresh) {
    MER_ASSIGN(cost.reused, store.reader->count_reusable(submission));
  }
  cost.epochs *= double(cost.trials - cost.reused) / double(cost.trials);
  cost.trials -= cost.reused;
  MER_ASSIGN(Measured measured, measured_trials(*store.reader, submission.trials.front().spec));
  cost.seconds_per_epoch = seconds_per_epoch(std::move(measured.attempts));
  cost.device = measured.device;
  return cost;
}

std::string cost_text(const Cost& cost) {
  std::string text = with_commas(double(cost.trials)) + " trials, " + with_commas(cost.epochs) + " epochs";
  if (cost.reused > 0) text += " (" + with_commas(double(cost.reused)) + " more have their results in the store)";
  const auto hours = cost.worker_hours();
  if (!hours) return text + "; no trial of this shape has been trained in this store, so no time can be told";
  char number[64];
  std::snprintf(number, sizeof number, *hours < 10 ? "%.2g" : "%.0f", *hours);
  const bool on_gpu = cost.device != "cpu";
  return text + "; about " + number + (on_gpu ? " GPU hours" : " core hours") + " by what such trials took" +
         (on_gpu ? " on " + cost.device : "");
}

}  // namespace mer::cli
