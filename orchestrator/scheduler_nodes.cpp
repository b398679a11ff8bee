// Of the scheduler: what follows when a host is excluded, or taken back.
#include <algorithm>
#include <utility>

#include "orchestrator/scheduler.hpp"

namespace mer::orchestrator {

void Scheduler::on_event(const NodesExcluded& event, TimePoint /*now*/) {
  health_.set_excluded(event.hosts);
  shut_out_workers();
}

void Scheduler::follow_verdicts() {
  std::vector<NodeVerdict> verdicts = health_.take_verdicts();
  if (verdicts.empty()) return;
  for (NodeVerdict& verdict : verdicts) {
    for (const NodeCrash& crash : verdict.refunds) refund(crash);
    effects_.emplace_back(JudgeNode{std::move(verdict)});
  }
  shut_out_workers();
}

void Scheduler::refund(const NodeCrash& crash) {
  Trial* const trial = find(crash.trial);
  if (trial == nullptr || (is_final(trial->state) && trial->state != TrialState::failed)) return;
  trial->crashes = std::max(trial->state == TrialState::running ? 1 : 0, trial->crashes - crash.times);
  if (trial->state != TrialState::failed) return;
  move(*trial, TrialState::pending);
  make_ready(*trial);
}

void Scheduler::shut_out_workers() {
  settled_ = false;
  for (auto& [id, worker] : workers_) {
    const bool was_in = !std::exchange(worker.shut_out, health_.is_shut_out(worker.host));
    if (!was_in || !worker.shut_out) continue;
    worker.reserved = false;
    if (!worker.held.empty() && !worker.leaving && !pausing_) effects_.emplace_back(SendStop{id, {}});
  }
}

}  // namespace mer::orchestrator
