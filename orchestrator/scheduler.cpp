#include "orchestrator/scheduler.hpp"

#include <algorithm>

#include "core/check.hpp"

namespace mer::orchestrator {

Scheduler::Scheduler(SchedulerOptions options, const std::vector<ScheduledTrial>& trials) : options_(options) {
  std::unordered_map<std::string, int> shapes;
  for (const ScheduledTrial& given : trials) {
    MER_CHECK(given.state != TrialState::running, "a restored trial is still running: begin_session comes first");
    const auto position = Position(trials_.size());
    if (!positions_.try_emplace(given.id, position).second) continue;
    const int shape = shapes.try_emplace(given.shape, int(shapes.size())).first->second;
    trials_.push_back({given.id, shape, given.state, given.attempt, given.crashes, options_.stack, 0, {}});
    ++counts_[std::size_t(given.state)];
    if (given.state == TrialState::pending) ready_.insert(position);
  }
}

std::vector<Effect> Scheduler::on(const Event& event, TimePoint now) {
  effects_.clear();
  std::visit([&](const auto& e) { on_event(e, now); }, event);
  wake(now);
  dispatch();
  end_if_over();
  return std::move(effects_);
}

void Scheduler::on_event(const WorkerJoined& event, TimePoint /*now*/) {
  workers_.try_emplace(event.worker);
}

void Scheduler::on_event(const WorkerReport& event, TimePoint now) {
  const Report& report = event.report;
  const auto found = positions_.find(report.trial);
  const bool current = found != positions_.end() && trials_[std::size_t(found->second)].state == TrialState::running &&
                       trials_[std::size_t(found->second)].attempt == report.attempt &&
                       trials_[std::size_t(found->second)].worker == event.worker;
  if (!current) {
    ++stale_reports_;
    return;
  }
  if (std::holds_alternative<AttemptFailed>(report.event)) {
    effects_.push_back(record_failure(found->second, report, now));
    return;
  }
  effects_.push_back(Record{report});
  if (ends_attempt(report.event)) end_attempt(found->second, report.event, now);
}

void Scheduler::end_attempt(Position position, const AttemptEvent& event, TimePoint now) {
  Trial& trial = trials_[std::size_t(position)];
  workers_[trial.worker].erase(position);
  --trial.crashes;  // a clean end or a deliberate stop is no crash
  if (std::holds_alternative<AttemptFinished>(event)) {
    move(position, TrialState::done);
  } else if (std::holds_alternative<AttemptDiverged>(event)) {
    move(position, TrialState::diverged);
  } else {
    move(position, TrialState::pending);
    wait(position, now);
  }
}

Record Scheduler::record_failure(Position position, const Report& report, TimePoint now) {
  Trial& trial = trials_[std::size_t(position)];
  workers_[trial.worker].erase(position);
  const bool blamed = std::get<AttemptFailed>(report.event).failure.kind == Failure::Kind::error;
  const bool refund = trial.stack_size > 1 && !blamed;
  if (refund) {
    --trial.crashes;
    trial.stack_limit = std::min(trial.stack_limit, std::max(1, trial.stack_size / 2));
  }
  if (trial.crashes >= options_.max_attempts) {
    move(position, TrialState::failed);
    return {report, TrialState::failed, false};
  }
  move(position, TrialState::pending);
  const int doublings = std::clamp(trial.crashes - 1, 0, 20);
  wait(position, now + std::min(options_.backoff * (1 << doublings), options_.longest_backoff));
  return {report, TrialState::pending, refund};
}

void Scheduler::on_event(const WorkerLost& event, TimePoint now) {
  const auto worker = workers_.find(event.worker);
  if (worker == workers_.end()) return;
  const std::set<Position> held = std::move(worker->second);
  workers_.erase(worker);
  for (const Position position : held) {
    Trial& trial = trials_[std::size_t(position)];
    --trial.crashes;  // a lost worker says nothing about its trials
    const Failure failure{Failure::Kind::error, 0, "worker " + std::to_string(event.worker.rank) + " was lost", ""};
    effects_.push_back(Record{{trial.id, trial.attempt, AttemptFailed{failure}}, TrialState::pending, true});
    move(position, TrialState::pending);
    wait(position, now);
  }
}

void Scheduler::on_event(const PauseRequested& /*event*/, TimePoint /*now*/) {
  if (pausing_) return;
  pausing_ = true;
  for (const auto& [worker, held] : workers_) {
    if (!held.empty()) effects_.push_back(SendStop{worker});
  }
}

void Scheduler::move(Position position, TrialState state) {
  Trial& trial = trials_[std::size_t(position)];
  --counts_[std::size_t(trial.state)];
  ++counts_[std::size_t(state)];
  trial.state = state;
}

void Scheduler::wait(Position position, TimePoint until) {
  waiting_.emplace(until, position);
}

void Scheduler::wake(TimePoint now) {
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    ready_.insert(waiting_.begin()->second);
    waiting_.erase(waiting_.begin());
  }
}

void Scheduler::dispatch() {
  if (pausing_) return;
  for (const auto& [worker, held] : workers_) {
    if (ready_.empty()) return;
    if (held.empty()) assign(worker, next_stack());
  }
}

std::vector<Scheduler::Position> Scheduler::next_stack() {
  std::vector<Position> stack;
  int limit = options_.stack;
  for (const Position position : ready_) {
    const Trial& trial = trials_[std::size_t(position)];
    if (!stack.empty() && trial.shape != trials_[std::size_t(stack.front())].shape) continue;
    if (int(stack.size()) >= std::min(limit, trial.stack_limit)) continue;
    limit = std::min(limit, trial.stack_limit);
    stack.push_back(position);
    if (int(stack.size()) >= limit) break;
  }
  return stack;
}

void Scheduler::assign(WorkerId worker, const std::vector<Position>& stack) {
  ClaimAndAssign effect{worker, {}};
  for (const Position position : stack) {
    Trial& trial = trials_[std::size_t(position)];
    ready_.erase(position);
    move(position, TrialState::running);
    ++trial.attempt;
    ++trial.crashes;
    trial.stack_size = int(stack.size());
    trial.worker = worker;
    workers_[worker].insert(position);
    effect.trials.push_back({trial.id, trial.attempt});
  }
  effects_.push_back(std::move(effect));
}

void Scheduler::end_if_over() {
  const std::int64_t pending = count(TrialState::pending);
  const bool over = count(TrialState::running) == 0 && (pausing_ || pending == 0);
  if (!over || ended_) return;
  ended_ = true;
  effects_.push_back(
      Ended{pending > 0, count(TrialState::done), count(TrialState::failed), count(TrialState::diverged), pending});
}

}  // namespace mer::orchestrator
