#include "worker/gateway/ledger.hpp"

#include <algorithm>

namespace mer::gateway {

void Ledger::note_from(int worker, const Message& message) {
  Worker& from = workers_[worker];
  if (const auto* hello = std::get_if<Hello>(&message)) from.hello = *hello;
  if (const auto* capacity = std::get_if<Capacity>(&message)) from.capacity = *capacity;
  if (const auto* beat = std::get_if<Beat>(&message)) from.use = beat->use;
  const auto* const report = std::get_if<Report>(&message);
  if (report == nullptr || !ends_attempt(report->event)) return;
  const auto attempt = from.attempts.find(report->trial);
  if (attempt != from.attempts.end() && attempt->second == report->attempt) from.attempts.erase(attempt);
}

void Ledger::note_to(int worker, const Message& message) {
  const auto* const assign = std::get_if<Assign>(&message);
  if (assign == nullptr) return;
  for (const TrialJob& trial : assign->job.trials) workers_[worker].attempts[trial.spec.id] = trial.attempt;
}

bool Ledger::has_noted(int worker, const ResourceUse& use) const {
  const auto found = workers_.find(worker);
  return use == (found == workers_.end() ? ResourceUse() : found->second.use);
}

bool Ledger::hold_nothing() const {
  return std::ranges::all_of(workers_, [](const auto& worker) { return worker.second.attempts.empty(); });
}

std::vector<transport::HeldAttempt> Ledger::held(const Messages& unkept) const {
  std::vector<transport::HeldAttempt> held;
  for (const auto& [worker, message] : unkept) {
    const auto* const report = std::get_if<Report>(&message);
    if (report != nullptr && ends_attempt(report->event)) held.push_back({worker, report->trial, report->attempt});
  }
  for (const auto& [number, worker] : workers_) {
    for (const auto& [trial, attempt] : worker.attempts) held.push_back({number, trial, attempt});
  }
  return held;
}

Ledger::Messages Ledger::story(const Messages& unkept) const {
  Messages story;
  for (const auto& [number, worker] : workers_) {
    if (worker.hello) story.emplace_back(number, *worker.hello);
    if (worker.hello && worker.capacity) story.emplace_back(number, *worker.capacity);
    if (worker.use != ResourceUse()) story.emplace_back(number, Beat{0, worker.use});
  }
  for (const auto& [worker, message] : unkept) {
    if (std::holds_alternative<Report>(message)) story.emplace_back(worker, message);
  }
  return story;
}

}  // namespace mer::gateway
