#include "bench/scale/trainer.hpp"

#include "tests/storage/builders.hpp"

namespace mer::scale {
namespace {

using namespace std::chrono_literals;

struct Coordinates {
  int configuration, fold;
  std::uint64_t seed;
};

// Of storage::test::trial_of().
Coordinates coordinates_of(const TrialId& id) {
  return {std::stoi(id.hex.substr(1, 7), nullptr, 16), std::stoi(id.hex.substr(8, 8), nullptr, 16),
          std::stoull(id.hex.substr(16), nullptr, 16)};
}

}  // namespace

Trainer::Trainer(const Site& site, const StackJob& job, std::function<void()> spoke)
    : site_(site), checkpoint_seconds_(job.checkpoint_seconds), spoke_(std::move(spoke)) {
  for (const TrialJob& trial : job.trials) trials_.push_back({trial});
}

void Trainer::begin() {
  site_.queue.after(trainer_start(site_.random), [this] {
    loaded_ = true;
    beat();
    go_on();
  });
}

void Trainer::hear(const Message& message) {
  if (const auto* assign = std::get_if<Assign>(&message)) {
    for (const TrialJob& trial : assign->job.trials) trials_.push_back({trial});
  } else if (std::holds_alternative<Shutdown>(message)) {
    told_to_leave_ = true;
  }
  go_on();
}

void Trainer::beat() {
  if (!alive_) return;
  if (training_) ++steps_;
  say(Message(Beat{steps_}));
  site_.queue.after(1s, [this] { beat(); });
}

void Trainer::go_on() {
  if (!alive_ || !loaded_ || training_) return;
  if (trials_.empty()) {
    if (!told_to_leave_) return;
    alive_ = false;
    return say(worker::ChildExited{});
  }
  Running& trial = trials_.front();
  if (!trial.started) start(trial);
  const auto [configuration, fold, seed] = coordinates_of(trial.job.spec.id);
  const double cost = epoch_cost(site_.cluster, configuration, fold, seed, trial.epoch + 1);
  const double seconds = cost * site_.slowness;
  training_ = true;
  site_.queue.after(from_seconds(seconds), [this, cost, seconds] {
    if (!alive_) return;
    site_.ledger.trained += cost;
    end_epoch(seconds);
  });
}

void Trainer::start(Running& trial) {
  trial.started = true;
  trial.saved = site_.queue.now();
  AttemptStarted started;
  started.environment = {"node", "cpu", "simulated", "{}", 1, 1};
  if (!trial.job.resume.empty()) trial.epoch = trial.job.resume.front().epoch;
  started.resumed_epoch = trial.epoch;
  report(trial, started);
}

void Trainer::end_epoch(double seconds) {
  training_ = false;
  Running& trial = trials_.front();
  const Time now = site_.queue.now();
  ++trial.epoch;
  trial.trained += seconds;
  site_.ledger.last_epoch[std::size_t(site_.rank)] = now;
  EpochDone done = storage::test::epoch_of(trial.epoch);
  done.timing.train_seconds = 0.9 * seconds;
  done.timing.evaluate_seconds = 0.1 * seconds;
  report(trial, std::move(done));
  if (trial.epoch >= site_.cluster.epochs) {
    finish(trial);
    trials_.pop_front();
  } else if (to_seconds(now - trial.saved) >= checkpoint_seconds_) {
    trial.saved = now;
    report(trial, storage::test::checkpoint_of(trial.job.spec.id, trial.job.attempt, trial.epoch));
  }
  go_on();
}

void Trainer::finish(const Running& trial) {
  AttemptFinished finished = storage::test::finished_of(7);
  finished.result.epochs = trial.epoch;
  finished.result.wall_seconds = trial.trained;
  report(trial, std::move(finished));
}

void Trainer::report(const Running& trial, AttemptEvent event) {
  say(Message(Report{trial.job.spec.id, trial.job.attempt, std::move(event)}));
}

void Trainer::say(Word word) {
  said_.push_back(std::move(word));
  spoke_();
}

}  // namespace mer::scale
