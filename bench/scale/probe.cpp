#include "bench/scale/probe.hpp"

#include <algorithm>

namespace mer::scale {

using orchestrator::Effect;

SchedulerProbe::SchedulerProbe(const orchestrator::SweepToRun& sweep, SchedulerTimes& times)
    : scheduler_(orchestrator::SchedulerOptions{}), times_(times) {
  scheduler_.on(orchestrator::SweepAdded{scheduled(sweep)}, {});
}

void SchedulerProbe::hear(const std::vector<transport::Envelope>& envelopes, orchestrator::TimePoint now) {
  for (const transport::Envelope& envelope : envelopes) {
    const WorkerId worker{envelope.from};
    if (std::holds_alternative<Hello>(*envelope.message)) {
      feed(orchestrator::WorkerJoined{worker}, now);
    } else if (const auto* report = std::get_if<Report>(&*envelope.message)) {
      feed(orchestrator::WorkerReport{worker, *report}, now);
    }
  }
}

void SchedulerProbe::feed(const orchestrator::Event& event, orchestrator::TimePoint now) {
  const double begin = cpu_seconds();
  const std::vector<Effect> effects = scheduler_.on(event, now);
  const double seconds = cpu_seconds() - begin;
  const auto gives = [](const Effect& effect) { return std::holds_alternative<orchestrator::ClaimAndAssign>(effect); };
  times_.events.note(seconds);
  if (std::ranges::any_of(effects, gives)) times_.decisions.note(seconds);
}

}  // namespace mer::scale
