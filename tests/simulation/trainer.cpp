#include "tests/simulation/trainer.hpp"

#include <algorithm>
#include <csignal>
#include <utility>

#include "core/exit_code.hpp"
#include "tests/storage/builders.hpp"

namespace mer::simulation {

using namespace std::chrono_literals;

const char* name_of(TrainerFault fault) {
  switch (fault) {
    case TrainerFault::none: return "sound";
    case TrainerFault::crash: return "will crash";
    case TrainerFault::exit: return "will exit with a status";
    case TrainerFault::killed: return "will be killed";
    case TrainerFault::memory: return "will run out of memory";
    case TrainerFault::silent: return "will be stopped";
    case TrainerFault::stuck: return "will get stuck";
    case TrainerFault::garbage: return "will send garbage";
    case TrainerFault::truncated: return "will send half a message";
    case TrainerFault::slow: return "is slow";
    case TrainerFault::linger: return "will not leave";
  }
  return "sound";
}

Trainer::Trainer(World world, StackJob job, std::int64_t gang, bool member, TrainerFault fault,
                 std::function<void()> spoke)
    : world_(world),
      job_(std::move(job)),
      gang_(gang),
      member_(member),
      fault_(fault),
      fault_step_(world.random.pick(0, 4)),
      spoke_(std::move(spoke)),
      epoch_time_(world.random.between(200'000, 2'500'000)) {
  if (fault_ == TrainerFault::slow) epoch_time_ *= 15;
}

void Trainer::begin() {
  if (!member_) add(job_);
  world_.queue.after(Time(world_.random.between(50'000, 3'000'000)), [this] {
    loaded_ = true;
    beat();
    plan_step();
    if (member_) world_.queue.after(fault_step_ * 1s, [this] { fail_as_member(); });
  });
}

// What a member does beyond its share of its leader's steps.
void Trainer::fail_as_member() {
  epochs_ = fault_step_;
  if (alive_) (void)go_wrong();
}

void Trainer::leave_with_leader() {
  if (works()) end(false, 0);
}

void Trainer::hear(const Message& message) {
  if (!alive_) return;
  if (const auto* assign = std::get_if<Assign>(&message)) {
    add(assign->job);
  } else if (std::holds_alternative<StopTrials>(message)) {
    note(std::get<StopTrials>(message));
  } else if (std::holds_alternative<Shutdown>(message)) {
    told_to_leave_ = true;
  }
  plan_step();
}

// Those that it has now.
void Trainer::note(const StopTrials& stops) {
  for (Running& trial : trials_) {
    const auto& meant = stops.trials;
    if (meant.empty() || std::ranges::find(meant, trial.job.spec.id) != meant.end()) trial.stopping = true;
  }
}

void Trainer::add(const StackJob& job) {
  for (const TrialJob& trial : job.trials) trials_.push_back({trial});
}

void Trainer::beat() {
  if (!alive_ || silent_) return;
  say(Message(Beat{steps_}));
  world_.queue.after(1s, [this] { beat(); });
}

void Trainer::plan_step() {
  if (!alive_ || !loaded_ || silent_ || stuck_ || member_ || step_planned_) return;
  if (trials_.empty() && !told_to_leave_) return;
  step_planned_ = true;
  const Time delay = trials_.empty() ? Time(world_.random.between(1000, 300'000)) : epoch_time_;
  world_.queue.after(delay, [this] {
    step_planned_ = false;
    step();
  });
}

// An epoch of all trials that have a slot.
void Trainer::step() {
  if (!alive_ || silent_ || stuck_) return;
  for (const Report& saved : std::exchange(unsaved_, {})) {
    const auto open = [&](const Running& trial) {
      return trial.job.spec.id == saved.trial && trial.job.attempt == saved.attempt;
    };
    if (std::ranges::any_of(trials_, open)) say(Message(saved));
  }
  stop_trials();
  if (trials_.empty()) return leave();
  if (!gang_is_whole()) return plan_step();
  if (go_wrong()) return;
  ++epochs_;
  steps_ += 5;
  std::vector<Running> active(trials_.begin(), trials_.begin() + std::ptrdiff_t(std::min(slots(), trials_.size())));
  trials_.erase(trials_.begin(), trials_.begin() + std::ptrdiff_t(active.size()));
  std::vector<Running> open;
  for (Running& trial : active) {
    if (!alive_) return;
    start(trial);
    if (meet_fate(trial)) continue;
    train(trial);
    if (trial.epoch < trial.job.spec.train.epochs) open.push_back(trial);
  }
  if (!alive_) return;
  trials_.insert(trials_.begin(), open.begin(), open.end());
  grow();
  plan_step();
}

std::size_t Trainer::slots() const {
  return job_.slots > 0 ? std::size_t(job_.slots) : capacity_;
}

bool Trainer::go_wrong() {
  if (epochs_ < fault_step_) return false;
  switch (std::exchange(fault_, TrainerFault::none)) {
    case TrainerFault::crash: end(true, SIGSEGV); break;
    case TrainerFault::exit: end(false, world_.random.pick(0, 3)); break;
    case TrainerFault::killed: end(true, SIGKILL); break;
    case TrainerFault::memory: end(false, int(ExitCode::no_memory)); break;
    case TrainerFault::truncated: end(false, 0, true); break;
    case TrainerFault::silent: silent_ = true; break;
    case TrainerFault::stuck: stuck_ = true; break;
    case TrainerFault::garbage: say(worker::ChildBroken{"not CBOR"}); break;
    case TrainerFault::linger: fault_ = TrainerFault::linger; return false;
    case TrainerFault::slow:
    case TrainerFault::none: return false;
  }
  return true;
}

void Trainer::start(Running& trial) {
  if (trial.started) return;
  trial.started = true;
  world_.history.begins(world_.job, trial.job);
  begun_.push_back(trial.job);
  const auto& resume = trial.job.resume;
  AttemptStarted started;
  started.environment = {"host", "cpu", world_.random.chance(0.85) ? kCode : kOtherCode, "{}", 1, 1};
  std::size_t usable = 0;
  while (usable < resume.size() && world_.random.chance(0.05)) {
    started.refused_checkpoints.push_back(resume[usable].file + ": SHA-256 does not match");
    ++usable;
  }
  if (usable < resume.size()) trial.epoch = resume[usable].epoch;
  started.resumed_epoch = trial.epoch;
  report(trial, started);
}

// True when the trial is over, or all of them are.
bool Trainer::meet_fate(Running& trial) {
  const Fate& fate = world_.plan.fates.at(trial.job.spec.id);
  if (trial.job.attempt > fate.attempts || trial.epoch + 1 < fate.epoch) return false;
  switch (fate.kind) {
    case Fate::Kind::diverges: report(trial, AttemptDiverged{trial.epoch + 1, 1, "total"}); return true;
    case Fate::Kind::error:
      report(trial, AttemptFailed{{Failure::Kind::error, 0, "the corpus is gone", ""}, 1});
      return true;
    case Fate::Kind::memory: end(false, int(ExitCode::no_memory)); return true;
    case Fate::Kind::crashes: end(true, SIGSEGV); return true;
    case Fate::Kind::none: return false;
  }
  return false;
}

void Trainer::train(Running& trial) {
  if (trial.epoch < trial.job.spec.train.epochs) {
    ++trial.epoch;
    EpochDone done = storage::test::epoch_of(trial.epoch, loss_of(trial.job.attempt, trial.epoch));
    done.timing.train_seconds = double(epoch_time_.count()) / 1e6;
    done.timing.evaluate_seconds = 0;
    report(trial, std::move(done));
  }
  const bool last = trial.epoch >= trial.job.spec.train.epochs;
  if (world_.random.chance(last ? 0.2 : 0.6)) save(trial);
  if (!last) return;
  AttemptFinished finished;
  finished.result.epochs = trial.epoch;
  finished.result.selected.push_back(
      storage::test::selected_of(SelectionRule::last, Metric::macro_f1, trial.epoch, 7, 3));
  finished.result.weights_sha256 = weights_of(trial.job.attempt);
  report(trial, finished);
}

// Written while training goes on: the report may come after the next epoch's.
void Trainer::save(const Running& trial) {
  CheckpointSaved saved = storage::test::checkpoint_of(trial.job.spec.id, trial.job.attempt, trial.epoch);
  const Report told{trial.job.spec.id, trial.job.attempt, saved};
  const bool last = trial.epoch >= trial.job.spec.train.epochs;
  if (last || world_.random.chance(0.5)) return say(Message(told));
  unsaved_.push_back(told);
}

void Trainer::stop_trials() {
  for (const Running& trial : std::exchange(trials_, {})) {
    if (!trial.stopping) {
      trials_.push_back(trial);
      continue;
    }
    if (trial.started && trial.epoch > 0) {
      say(Message(Report{trial.job.spec.id, trial.job.attempt,
                         storage::test::checkpoint_of(trial.job.spec.id, trial.job.attempt, trial.epoch)}));
    }
    report(trial, AttemptStopped{trial.epoch});
  }
}

void Trainer::grow() {
  if (job_.slots > 0 || epochs_ % 2 != 0 || capacity_ >= 4 || !world_.random.chance(0.5)) return;
  capacity_ *= 2;
  say(Message(Capacity{int(capacity_)}));
}

void Trainer::leave() {
  if (!told_to_leave_ || fault_ == TrainerFault::linger) return;
  on_clean_end();
  end(false, 0);
}

void Trainer::kill() {
  if (alive_) end(true, SIGKILL);
}

void Trainer::end(bool by_signal, int code, bool truncated) {
  die();
  said_.push_back(worker::ChildExited{by_signal, code, truncated, "last line"});
  world_.queue.after(Time(world_.random.between(100, 20'000)), [this] { spoke_(); });
}

void Trainer::die() {
  alive_ = false;
  for (const TrialJob& trial : std::exchange(begun_, {})) world_.history.ends(world_.job, trial);
}

void Trainer::say(Word word) {
  said_.push_back(std::move(word));
  spoke_();
}

void Trainer::report(const Running& trial, AttemptEvent event) {
  if (ends_attempt(event) && std::erase(begun_, trial.job) > 0) world_.history.ends(world_.job, trial.job);
  say(Message(Report{trial.job.spec.id, trial.job.attempt, std::move(event)}));
}

}  // namespace mer::simulation
