#include "worker/gateway/idle_watch.hpp"

#include <variant>

namespace mer::gateway {

void IdleWatch::to_worker(const Message& message) {
  const auto* const assign = std::get_if<Assign>(&message);
  if (assign == nullptr) return;
  for (const auto& trial : assign->job.trials) held_[trial.spec.id] = trial.attempt;
  since_.reset();
}

void IdleWatch::from_worker(const Message& message) {
  const auto* const report = std::get_if<Report>(&message);
  if (report == nullptr || !ends_attempt(report->event)) return;
  const auto held = held_.find(report->trial);
  if (held != held_.end() && held->second <= report->attempt) held_.erase(held);
}

bool IdleWatch::is_over(TimePoint now) {
  if (limit_.count() == 0 || !held_.empty()) return false;
  if (!since_) since_ = now;
  return now - *since_ >= limit_;
}

}  // namespace mer::gateway
