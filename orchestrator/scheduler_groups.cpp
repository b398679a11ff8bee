// Groups of other jobs that outlive a coordinator, as its successor's scheduler takes them over.
#include <algorithm>
#include <utility>

#include "orchestrator/scheduler.hpp"

namespace mer::orchestrator {

// What it had, and its workers have not any more, is tried elsewhere.
void Scheduler::on_event(const GroupReturned& event, TimePoint now) {
  const auto group = absent_.find(event.group);
  if (group == absent_.end()) return;
  for (const Position position : std::set<Position>(group->second.held)) {
    const Trial& trial = trials_[std::size_t(position)];
    if (std::ranges::find(event.held, ClaimedTrial{trial.id, trial.attempt}) != event.held.end()) continue;
    group->second.held.erase(position);
    hand_back(position, "its group came back without it", now);
  }
  if (group->second.held.empty()) absent_.erase(group);
}

void Scheduler::on_event(const WorkerJoined& event, TimePoint now) {
  const auto [place, is_new] = workers_.try_emplace(event.worker);
  Worker& worker = place->second;
  time_left_.begin(now);
  if (is_new) {
    worker.host = event.host;
    health_.joined(event.host);
  }
  const auto group = absent_.find(event.group);
  SendStop stop{event.worker, {}};
  for (const ClaimedTrial& held : event.held) {
    Trial* const trial = find(held.trial);
    const bool current = trial != nullptr && trial->attempt == held.attempt && group != absent_.end() &&
                         group->second.held.erase(position_of(*trial)) > 0;
    if (current) {
      go_on(position_of(*trial), event.worker, worker);
    } else {
      worker.stale[held.trial] = held.attempt;
    }
    if (!current || !is_wanted(*trial)) stop.trials.push_back(held.trial);
  }
  if (group != absent_.end() && group->second.held.empty()) absent_.erase(group);
  if (!stop.trials.empty()) effects_.emplace_back(std::move(stop));
  shut_out_workers();
}

// The attempt that it is.
void Scheduler::go_on(Position position, WorkerId id, Worker& worker) {
  Trial& trial = trials_[std::size_t(position)];
  const auto active = std::ranges::find_if(trial.sweeps, [this](int i) { return sweeps_[std::size_t(i)].active; });
  trial.absent = false;
  trial.worker = id;
  trial.runs_for = active == trial.sweeps.end() ? trial.sweeps.front() : *active;
  worker.shape = trial.shape;
  worker.capacity = sweeps_[std::size_t(trial.runs_for)].stack;
  worker.held.insert(position);
  ++worker.held_for[trial.runs_for];
}

void Scheduler::on_event(const Tick& /*event*/, TimePoint now) {
  for (auto group = absent_.begin(); group != absent_.end();) {
    const auto one = group++;
    if (!one->second.until) one->second.until = now + options_.grace;
    if (now >= *one->second.until) give_up_absent(one, now);
  }
}

void Scheduler::give_up_absent(std::map<std::string, Absent>::iterator group, TimePoint now) {
  for (const Position position : group->second.held) hand_back(position, "its group did not come back", now);
  absent_.erase(group);
}

// False: no absent group has it.
bool Scheduler::forget_absent(Position position) {
  if (!std::exchange(trials_[std::size_t(position)].absent, false)) return false;
  for (auto& [name, group] : absent_) group.held.erase(position);
  std::erase_if(absent_, [](const auto& group) { return group.second.held.empty(); });
  return true;
}

// A place is free for what is current.
void Scheduler::note_stale_end(const WorkerReport& event) {
  const auto worker = workers_.find(event.worker);
  if (worker == workers_.end() || !ends_attempt(event.report.event)) return;
  const auto stale = worker->second.stale.find(event.report.trial);
  const bool was_held = stale != worker->second.stale.end() && stale->second == event.report.attempt;
  if (was_held) worker->second.stale.erase(stale);
}

}  // namespace mer::orchestrator
