// SchedulerProbe: a second scheduler that gets what the coordinator's gets, so that each of its decisions can be timed.
//
// Threads: one.
#pragma once

#include <cstdint>
#include <vector>

#include "bench/scale/meter.hpp"
#include "orchestrator/scheduler.hpp"
#include "orchestrator/sweep_to_run.hpp"
#include "transport/transport.hpp"

namespace mer::scale {

struct SchedulerTimes {
  Meter events;     // all calls
  Meter decisions;  // of them, those that give out a trial
};

class SchedulerProbe {
 public:
  SchedulerProbe(const orchestrator::SweepToRun& sweep, SchedulerTimes& times);

  void hear(const std::vector<transport::Envelope>& envelopes, orchestrator::TimePoint now);
  void end_round(orchestrator::TimePoint now) { feed(orchestrator::Tick{}, now); }
  std::int64_t count(TrialState state) const { return scheduler_.count(state); }

 private:
  void feed(const orchestrator::Event& event, orchestrator::TimePoint now);

  orchestrator::Scheduler scheduler_;
  SchedulerTimes& times_;
};

}  // namespace mer::scale
