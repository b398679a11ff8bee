// The people of a World: what they ask of sweeps and trials, of a coordinator that runs or of the store while none
// does.
#include <algorithm>
#include <utility>

#include "tests/simulation/job.hpp"
#include "tests/simulation/world.hpp"

namespace mer::simulation {

using namespace std::chrono_literals;
using storage::ControlVerb;

namespace {

template <class Value>
Status status_of(const Result<Value>& result) {
  return result ? Status() : Status(result.error());
}

}  // namespace

void World::ask_for_late_sweeps() {
  for (const PlannedSweep& sweep : plan_.sweeps) {
    Ask ask;
    ask.submission = &sweep.submission;
    if (sweep.late) plan_ask(Time(random_.between(0, 40'000'000)), ask);
  }
}

void World::ask_for_something(Job& /*job*/) {
  if (history_.sweeps() == 0) return;
  Ask ask;
  ask.again = random_.chance(0.2);
  ask.breaks_disk = random_.chance(plan_.asks_with_fault);
  if (random_.chance(0.1)) {
    ask.submission = &plan_.sweeps[std::size_t(random_.pick(0, int(plan_.sweeps.size()) - 1))].submission;
  } else {
    ask.control = draw_control();
  }
  plan_ask(0s, ask);
  const bool cancels = ask.submission == nullptr && ask.control.verb == ControlVerb::cancel;
  if (cancels && random_.chance(0.5)) plan_ask(soon(), second_thought(ask.control));
}

Time World::soon() {
  return Time(random_.chance(0.3) ? 0 : random_.between(0, 1'500'000));
}

// While the cancelled trials may be on their way out still.
Ask World::second_thought(const storage::Control& cancelled) {
  Ask ask;
  if (random_.chance(0.4)) {
    ask.submission = &plan_.sweeps.back().submission;
    return ask;
  }
  ask.control = cancelled;
  ask.control.verb = ControlVerb::retry;
  return ask;
}

storage::Control World::draw_control() {
  constexpr ControlVerb kVerbs[] = {
      ControlVerb::cancel, ControlVerb::cancel, ControlVerb::retry,  ControlVerb::retry,        ControlVerb::pause,
      ControlVerb::pause,  ControlVerb::resume, ControlVerb::resume, ControlVerb::retry_failed, ControlVerb::priority};
  storage::Control control;
  control.verb = kVerbs[random_.pick(0, 9)];
  control.priority = random_.pick(-1, 2);
  control.at = wall_offset_;
  const bool of_trials = control.verb == ControlVerb::cancel || control.verb == ControlVerb::retry;
  if (!of_trials || random_.chance(0.3)) {
    control.sweep = SweepId{random_.pick(1, int(history_.sweeps()))};
    return control;
  }
  const std::vector<TrialId>& trials = history_.trials();
  const int first = random_.pick(0, int(trials.size()) - 1);
  for (int i = first; i < std::min(first + random_.pick(1, 3), int(trials.size())); ++i) {
    control.trials.push_back(trials[std::size_t(i)]);
  }
  return control;
}

// Sweeps that have trials left which nobody would run.
void World::resume_what_rests() {
  for (const storage::SweepSummary& sweep : store_.reader()->sweeps().value()) {
    const bool waits = sweep.counts.left() > 0;
    if (!waits || sweep.activity == storage::SweepActivity::active) continue;
    Ask ask;
    ask.control.sweep = sweep.id;
    ask.control.verb = sweep.activity == storage::SweepActivity::paused ? ControlVerb::resume : ControlVerb::retry;
    plan_ask(0s, ask);
  }
}

// --- asking ---

void World::plan_ask(Time delay, Ask ask) {
  ++asks_;
  queue_.after(delay, [this, ask = std::move(ask)] {
    --asks_;
    this->ask(ask);
  });
}

// Who finds the store locked by a coordinator that does not answer asks again later.
void World::ask(const Ask& ask) {
  Job* const job = jobs_.empty() ? nullptr : jobs_.back().get();
  if (job != nullptr && job->coordinator && !job->ended) {
    ++asks_;
    job->asks.push_back(ask);
    return plan_coordinator_step(*job, queue_.now() + Time(random_.between(100, 10'000)));
  }
  if (a_coordinator_lives()) return plan_ask(Time(random_.between(500'000, 4'000'000)), ask);
  ask_store(ask);
}

void World::ask_store(const Ask& ask) {
  if (trace_.wanted()) trace_.line("person", "asks the store: " + text_of_ask(ask));
  SimWriter writer(store_.open(), disk_, queue_, history_, mutation_);
  try {
    break_disk_for(ask);
    answered(ask, ask.submission != nullptr ? status_of(writer.submit(*ask.submission))
                                            : status_of(writer.control(ask.control)));
  } catch (const Killed&) {
    answered(ask, Error{ErrorCode::internal, "killed"});
  }
}

void World::break_disk_for(const Ask& ask) {
  if (ask.breaks_disk) disk_.next = DiskFault(random_.pick(1, 4));
}

void World::answer(Job& job, TimePoint now) {
  for (std::size_t left = plan_.batches ? job.asks.size() : std::min<std::size_t>(1, job.asks.size()); left > 0;
       --left) {
    const Ask ask = job.asks.front();
    if (trace_.wanted()) trace_.line(job.name + "coordinator", "is asked: " + text_of_ask(ask));
    break_disk_for(ask);
    const Status status = ask.submission != nullptr ? status_of(job.coordinator->submit(*ask.submission, now))
                                                    : status_of(job.coordinator->control(ask.control, now));
    job.asks.pop_front();
    --asks_;
    answered(ask, status);
  }
}

// What was refused is not asked for again; what failed is, since nothing was acknowledged.
void World::answered(const Ask& ask, const Status& status) {
  if (trace_.wanted()) trace_.line("person", status ? "has an answer" : "has an error: " + status.error().message);
  const bool refused = !status && (status.error().code == ErrorCode::invalid);
  if (refused || (status && !ask.again)) return;
  Ask next = ask;
  if (status) next.again = false;
  next.breaks_disk = false;
  plan_ask(Time(random_.between(0, 4'000'000)), next);
}

std::string World::text_of_ask(const Ask& ask) const {
  if (ask.submission != nullptr) return "submit " + ask.submission->sweep.name;
  return simulation::text_of(ask.control, history_.names());
}

}  // namespace mer::simulation
