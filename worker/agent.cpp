#include "worker/agent.hpp"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <utility>

namespace mer::worker {
namespace {

constexpr std::size_t kStepTimes = 63;

std::string seconds_text(Duration duration) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(duration).count()) + " s";
}

Failure failure_of(const ChildExited& exited) {
  Failure failure;
  failure.kind = exited.by_signal ? Failure::Kind::signal : Failure::Kind::exit;
  failure.code = exited.code;
  if (exited.by_signal) {
    failure.message = "trainer killed by signal " + std::to_string(exited.code) + " (" + ::strsignal(exited.code) + ")";
    if (exited.code == SIGKILL) failure.message += ", perhaps out of memory";
  } else if (exited.code == 0) {
    failure.message = "trainer left without a result";
  } else if (exited.code == int(ExitCode::no_memory)) {
    failure.kind = Failure::Kind::memory;
    failure.message = "trainer ran out of memory";
  } else {
    failure.message = "trainer exited with status " + std::to_string(exited.code);
  }
  if (exited.truncated) failure.message += ", in the middle of a message";
  return failure;
}

}  // namespace

std::vector<AgentEffect> Agent::on(const AgentEvent& event, TimePoint now) {
  effects_.clear();
  if (!coordinator_heard_) {
    coordinator_heard_ = now;
    send(hello_);
  }
  if (!leaving_) std::visit([&](const auto& e) { on_event(e, now); }, event);
  return std::move(effects_);
}

void Agent::on_event(const FromCoordinator& event, TimePoint now) {
  coordinator_heard_ = now;
  if (const auto* assign = std::get_if<Assign>(&event.message)) {
    take(assign->job, now);
  } else if (const auto* request = std::get_if<StopTrials>(&event.message)) {
    stop(*request);
  } else if (std::holds_alternative<Shutdown>(event.message)) {
    leaving_ = true;
    effects_.emplace_back(Exit{ExitCode::done});
  }
}

void Agent::take(StackJob job, TimePoint now) {
  std::erase_if(job.trials, [this](const TrialJob& trial) {
    int& newest = taken_[trial.spec.id];
    if (trial.attempt <= newest) return true;
    newest = trial.attempt;
    return false;
  });
  if (job.trials.empty()) return;
  if (!child_) return start(job, now);
  const bool stays = !child_->verdict && !child_->told_to_leave;
  if (stays && same_stack(child_->started_with, job)) return join(job, now);
  if (next_) {
    next_->trials.insert(next_->trials.end(), job.trials.begin(), job.trials.end());
  } else {
    next_ = job;
  }
  if (stays) dismiss(now);
}

void Agent::dismiss(TimePoint now) {
  child_->told_to_leave = now;
  effects_.emplace_back(WriteChild{Shutdown{}});
}

void Agent::start(const StackJob& job, TimePoint now) {
  child_ = Child();
  child_->started = now;
  child_->started_with = job;
  child_->trials = job.trials;
  if (job.gang > 1) {
    child_->gang = ++gangs_;
    effects_.emplace_back(SendMembers{job.gang, GangStart{child_->gang, job}});
  }
  effects_.emplace_back(SpawnChild{job, child_->gang});
}

void Agent::on_event(const FromPeer& event, TimePoint now) {
  if (const auto* start = std::get_if<GangStart>(&event.message)) {
    start_member(*start, now);
  } else if (const auto* end = std::get_if<GangEnd>(&event.message)) {
    child_ && !child_->member ? lose_member(event.rank, *end) : end_member(*end);
  }
}

// A child that is still here is of an earlier gang: its leader has gone on.
void Agent::start_member(const GangStart& start, TimePoint now) {
  if (start.number <= newest_gang_) return;
  newest_gang_ = start.number;
  if (child_) {
    next_gang_ = start;
    child_->wanted = false;
    return kill({Failure::Kind::exit, 0, "its gang has ended", ""});
  }
  spawn_member(start, now);
}

void Agent::spawn_member(const GangStart& start, TimePoint now) {
  child_ = Child();
  child_->started = now;
  child_->started_with = start.job;
  child_->gang = start.number;
  child_->member = true;
  effects_.emplace_back(SpawnChild{start.job, start.number});
}

void Agent::end_member(const GangEnd& end) {
  newest_gang_ = std::max(newest_gang_, end.number);
  if (next_gang_ && next_gang_->number == end.number) next_gang_.reset();
  if (!child_ || child_->gang != end.number) return;
  child_->wanted = false;
  kill(end.failure);
}

void Agent::lose_member(int rank, const GangEnd& end) {
  if (child_->gang != end.number) return;
  Failure failure = end.failure;
  failure.message = "worker " + std::to_string(rank) + " of the gang: " + failure.message;
  kill(failure);
}

// That this child has gone down.
void Agent::tell_gang(const Failure& failure) {
  if (child_->gang == 0) return;
  const int gang = child_->started_with.gang;
  const GangEnd end{child_->gang, failure};
  if (!child_->member) {
    effects_.emplace_back(SendMembers{gang, end});
  } else if (child_->wanted) {
    effects_.emplace_back(SendLeader{gang, end});
  }
}

void Agent::join(const StackJob& job, TimePoint now) {
  if (child_->trials.empty() && child_->stepped) child_->stepped = now;  // it had nothing to do until now
  child_->idle_since.reset();
  child_->trials.insert(child_->trials.end(), job.trials.begin(), job.trials.end());
  effects_.emplace_back(JoinChild{job});
}

void Agent::stop(const StopTrials& request) {
  const auto is_meant = [&](const TrialJob& trial) {
    return request.trials.empty() || std::ranges::find(request.trials, trial.spec.id) != request.trials.end();
  };
  if (next_) {  // not begun: nothing to checkpoint
    std::erase_if(next_->trials, [&](const TrialJob& trial) {
      const bool stopped = is_meant(trial);
      if (stopped) send(Report{trial.spec.id, trial.attempt, AttemptStopped{0}});
      return stopped;
    });
    if (next_->trials.empty()) next_.reset();
  }
  if (!child_ || child_->trials.empty()) return;
  for (const TrialJob& trial : child_->trials) {
    if (is_meant(trial)) child_->stopping.insert(trial.spec.id);
  }
  effects_.emplace_back(WriteChild{request});
}

void Agent::on_event(const FromChild& event, TimePoint now) {
  if (!child_) return;
  child_->heard = now;
  if (const auto* beat = std::get_if<Beat>(&event.message)) {
    note_progress(beat->progress, now);
    child_->use = beat->use;
  } else if (const auto* report = std::get_if<Report>(&event.message)) {
    relay(*report, now);
  } else if (std::holds_alternative<Capacity>(event.message) && !child_->member) {
    send(event.message);
  }
}

void Agent::relay(const Report& report, TimePoint now) {
  const auto trial = std::ranges::find_if(child_->trials, [&](const TrialJob& candidate) {
    return candidate.spec.id == report.trial && candidate.attempt == report.attempt;
  });
  if (trial == child_->trials.end()) return;
  child_->begun.insert(report.trial);
  if (ends_attempt(report.event)) {
    child_->trials.erase(trial);
    child_->stopping.erase(report.trial);
  }
  if (child_->trials.empty()) child_->idle_since = now;
  if (child_->stepped) child_->stepped = now;  // an evaluation, or a checkpoint: not stuck
  send(report);
}

void Agent::note_progress(std::uint64_t steps, TimePoint now) {
  Child& child = *child_;
  if (steps <= child.steps) return;
  if (child.stepped) child.step_times.push_back((now - *child.stepped) / std::int64_t(steps - child.steps));
  if (child.step_times.size() > kStepTimes) child.step_times.pop_front();
  child.stepped = now;
  child.steps = steps;
}

void Agent::on_event(const ChildBroken& event, TimePoint /*now*/) {
  kill({Failure::Kind::exit, 0, "trainer sent bytes that are not a message: " + event.message, ""});
}

void Agent::on_event(const ChildNotStarted& event, TimePoint /*now*/) {
  if (!child_) return;
  const Failure failure{Failure::Kind::start, 0, event.message, ""};
  fail_open_trials(failure);
  tell_gang(failure);
  child_.reset();
}

void Agent::on_event(const ChildExited& event, TimePoint now) {
  if (!child_) return;
  if (std::optional<StackJob> missed = missed_by(*child_, event)) return start_again(std::move(*missed), now);
  Failure failure = child_->verdict ? *child_->verdict : failure_of(event);
  failure.log_tail = event.log_tail;
  fail_open_trials(failure);
  const bool clean_end_of_member = child_->member && !child_->verdict && !event.by_signal && event.code == 0;
  if (!clean_end_of_member) tell_gang(failure);
  child_.reset();
  if (next_) start(*std::exchange(next_, std::nullopt), now);
  if (next_gang_) spawn_member(*std::exchange(next_gang_, std::nullopt), now);
}

// Trials that were on their way to a child when it had nothing left to do: no failure of theirs.
std::optional<StackJob> Agent::missed_by(const Child& child, const ChildExited& exited) const {
  const bool clean = !child.verdict && !exited.by_signal && exited.code == 0 && !exited.truncated;
  if (!clean || child.trials.empty() || next_) return std::nullopt;
  const auto was_there = [&](const TrialJob& trial) {
    const auto& first = child.started_with.trials;
    return child.begun.contains(trial.spec.id) || std::ranges::find(first, trial) != first.end();
  };
  if (std::ranges::any_of(child.trials, was_there)) return std::nullopt;
  StackJob job = child.started_with;
  job.trials = child.trials;
  return job;
}

// Those that are to be stopped were never begun.
void Agent::start_again(StackJob missed, TimePoint now) {
  tell_gang({});
  std::erase_if(missed.trials, [this](const TrialJob& trial) {
    const bool stopped = child_->stopping.contains(trial.spec.id);
    if (stopped) send(Report{trial.spec.id, trial.attempt, AttemptStopped{0}});
    return stopped;
  });
  child_.reset();
  if (!missed.trials.empty()) start(missed, now);
}

void Agent::on_event(const Measured& event, TimePoint /*now*/) {
  measured_ = event.use;
}

void Agent::on_event(const Tick& /*event*/, TimePoint now) {
  if (now - *coordinator_heard_ > limits_.coordinator_silence) {
    leaving_ = true;
    effects_.emplace_back(Exit{ExitCode::orphaned});
    return;
  }
  if (child_ && !child_->verdict) {
    const bool idle = child_->idle_since && now - *child_->idle_since > limits_.child_idle;
    if (idle && !child_->told_to_leave) dismiss(now);
    if (const auto hang = hang_of(*child_, now)) kill({Failure::Kind::hang, 0, *hang, ""});
  }
  if (last_beat_ && now - *last_beat_ < limits_.beat_every) return;
  last_beat_ = now;
  send(Beat{sent_, use()});
}

ResourceUse Agent::use() const {
  ResourceUse use = measured_;
  if (!child_) return use;
  use.gpu_memory_bytes = child_->use.gpu_memory_bytes;
  use.gpu_percent = child_->use.gpu_percent;
  return use;
}

std::optional<std::string> Agent::hang_of(const Child& child, TimePoint now) const {
  if (child.told_to_leave) {
    if (now - *child.told_to_leave <= limits_.child_end) return std::nullopt;
    return "trainer did not leave within " + seconds_text(limits_.child_end);
  }
  if (!child.heard) {
    if (now - child.started <= limits_.child_start) return std::nullopt;
    return "trainer said nothing within " + seconds_text(limits_.child_start) + " of its start";
  }
  if (now - *child.heard > limits_.child_silence) {
    return "trainer gave no sign of life for " + seconds_text(limits_.child_silence) + " (stopped?)";
  }
  if (child.trials.empty()) return std::nullopt;
  const Duration since_step = now - child.stepped.value_or(child.started);
  const Duration limit = progress_limit(child);
  if (since_step <= limit) return std::nullopt;
  return "trainer made no training step for " + seconds_text(limit);
}

Duration Agent::progress_limit(const Child& child) const {
  if (!child.stepped) return limits_.first_step;
  if (child.step_times.empty()) return limits_.progress;
  std::vector<Duration> times(child.step_times.begin(), child.step_times.end());
  const auto median = times.begin() + std::ptrdiff_t(times.size() / 2);
  std::nth_element(times.begin(), median, times.end());
  return std::max(limits_.progress, 20 * *median);
}

void Agent::kill(Failure failure) {
  if (!child_ || child_->verdict) return;
  child_->verdict = std::move(failure);
  effects_.emplace_back(KillChild{});
}

void Agent::fail_open_trials(const Failure& failure) {
  const int stack = int(child_->trials.size());
  for (const TrialJob& trial : child_->trials) {
    send(Report{trial.spec.id, trial.attempt, AttemptFailed{failure, stack}});
  }
}

void Agent::send(Message message) {
  ++sent_;
  effects_.emplace_back(Send{std::move(message)});
}

}  // namespace mer::worker
