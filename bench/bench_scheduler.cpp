// bench_scheduler [TRIALS] [WORKERS]: how many trials a second the scheduler alone decides. Every trial is claimed,
// reports its start and its end; no store, no transport. Default: 100,000 trials, 16 workers.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string>
#include <vector>

#include "orchestrator/scheduler.hpp"

namespace {

using namespace mer;                // NOLINT: a program of one file
using namespace mer::orchestrator;  // NOLINT

std::vector<ScheduledTrial> make_trials(int count) {
  std::vector<ScheduledTrial> trials;
  for (int i = 0; i < count; ++i) {
    char id[33];
    std::snprintf(id, sizeof id, "%032x", static_cast<unsigned>(i));
    trials.push_back({TrialId{id}, "one shape", TrialState::pending, 0, 0});
  }
  return trials;
}

// Carries the assignments out at once; answers the reports that the workers would send.
void answer(const std::vector<Effect>& effects, std::deque<WorkerReport>& reports) {
  for (const Effect& effect : effects) {
    const auto* assign = std::get_if<ClaimAndAssign>(&effect);
    if (assign == nullptr) continue;
    for (const ClaimedTrial& claimed : assign->trials) {
      reports.push_back({assign->worker, {claimed.trial, claimed.attempt, AttemptStarted{}}});
      reports.push_back({assign->worker, {claimed.trial, claimed.attempt, AttemptFinished{}}});
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int trials = argc > 1 ? std::atoi(argv[1]) : 100'000;
  const int workers = argc > 2 ? std::atoi(argv[2]) : 16;
  const auto start = std::chrono::steady_clock::now();
  Scheduler scheduler({});
  scheduler.on(SweepAdded{{SweepId{1}, 0, true, 3, 1, make_trials(trials)}}, start);
  std::deque<WorkerReport> reports;
  for (int worker = 1; worker <= workers; ++worker) answer(scheduler.on(WorkerJoined{{worker}}, start), reports);
  while (!reports.empty()) {
    const WorkerReport report = reports.front();
    reports.pop_front();
    answer(scheduler.on(report, start), reports);
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("%lld of %d trials on %d workers in %.3f s: %.0f trials/s\n",
              static_cast<long long>(scheduler.count(TrialState::done)), trials, workers, seconds, trials / seconds);
  return scheduler.count(TrialState::done) == trials ? 0 : 1;
}
