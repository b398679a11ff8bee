// What a History expects of a coordinator: which trial goes where, and that nobody starves.
#include <algorithm>
#include <limits>

#include "tests/simulation/history.hpp"

namespace mer::simulation {

void History::takes_up(int session, const orchestrator::ScheduledSweep& sweep) {
  Session& own = sessions_.at(session);
  own.loaded.insert(int(sweep.id.number - 1));
  const auto shape_of = [&](const std::string& text) {
    return own.shapes.try_emplace(text, int(own.shapes.size())).first->second;
  };
  std::map<TrialId, const orchestrator::ScheduledTrial*> planned;
  for (const orchestrator::ScheduledTrial& trial : sweep.trials) planned[trial.id] = &trial;
  for (const int position : sweeps_.at(std::size_t(sweep.id.number - 1)).trials) {
    if (!own.places.try_emplace(position, int(own.places.size())).second) continue;
    Trial& trial = trials_[std::size_t(position)];
    if (!planned.contains(trial.id)) continue;
    trial.shape = shape_of(planned[trial.id]->shape);
    trial.saved = planned[trial.id]->saved;
  }
  for (const auto& [shape, seconds] : sweep.measured) own.time.note_epoch(shape_of(shape), seconds);
}

void History::limited(int session, std::chrono::duration<double> left) {
  Session& own = sessions_.at(session);
  own.time.set_limit(own.now + std::chrono::duration_cast<TimePoint::duration>(left),
                     std::chrono::duration<double>(plan_.job_seconds));
}

void History::begin_step(int session, TimePoint now) {
  Session& own = sessions_.at(session);
  own.now = now;
  own.events = 0;
  own.changed = false;
  own.given.clear();
  own.going.clear();
  own.excluded_before = own.excluded;
  own.excludes = false;
}

void History::heard(int session, int from, const Message& message) {
  Session& own = sessions_.at(session);
  if (std::holds_alternative<Beat>(message)) return;
  ++own.events;
  if (const auto* hello = std::get_if<Hello>(&message)) own.hosts[from] = hello->host;
  if (std::holds_alternative<Hello>(message) && !own.gone.contains(from) && own.here.insert(from).second) {
    own.changed = true;
    take_over(own, gang_leader(from, plan_.gang));
  }
  if (!joined(own).empty()) own.time.begin(own.now);
  const auto* report = std::get_if<Report>(&message);
  if (report == nullptr || !ends_attempt(report->event)) return;
  const auto stale = own.stale.find(from);
  if (stale != own.stale.end() && stale->second.erase({report->trial, report->attempt}) > 0) own.changed = true;
  if (session != session_) return;
  Trial* const trial = find(report->trial);
  if (trial == nullptr || trial->attempt != report->attempt || trial->worker != from) return;
  trial->leaving = false;
}

void History::arrives(int session, const transport::Arrival& arrival) {
  Session& own = sessions_.at(session);
  own.events += 2;
  own.changed = true;
  for (const transport::HeldAttempt& held : arrival.held) {
    own.brought[arrival.first + held.worker - 1].insert({held.trial, held.attempt});
  }
}

// What it brought goes on, if it is what runs.
void History::take_over(Session& session, int leader) {
  if (!joined(session).contains(leader)) return;
  for (const auto& [id, attempt] : session.brought[leader]) {
    Trial* const trial = find(id);
    const bool runs = trial != nullptr && trial->state == TrialState::running && trial->attempt == attempt &&
                      trial->worker == 0 && session.places.contains(positions_.at(id));
    if (runs) {
      trial->worker = leader;
    } else {
      session.stale[leader].insert({id, attempt});
    }
  }
  session.brought.erase(leader);
}

// It brought something that is not current, and has not let it go.
bool History::has_stale(const Session& session, int worker) const {
  const auto stale = session.stale.find(worker);
  return stale != session.stale.end() && !stale->second.empty();
}

void History::departs(int session, const transport::Departures& departures) {
  Session& own = sessions_.at(session);
  if (departures.leaving.empty() && departures.lost.empty()) return;
  own.events += 2;
  own.changed = true;
  own.gone.insert(departures.leaving.begin(), departures.leaving.end());
  own.gone.insert(departures.lost.begin(), departures.lost.end());
  for (const int rank : own.gone) {
    if (own.here.erase(rank) > 0) own.going.insert(rank);
  }
  if (session != session_) return;
  for (Trial& trial : trials_) {
    if (trial.leaving && std::ranges::find(departures.lost, trial.worker) != departures.lost.end()) {
      trial.leaving = false;
    }
  }
}

void History::excludes(int session, const std::set<std::string>& hosts) {
  Session& own = sessions_.at(session);
  if (own.excluded == hosts) return;
  own.excludes = own.excludes || !std::ranges::includes(own.excluded, hosts);
  own.excluded = hosts;
  own.events += 2;
  own.changed = true;
}

// A gang's, if it is on one.
std::string History::host_of(const Session& session, int leader) const {
  const auto host = session.hosts.find(leader);
  if (host == session.hosts.end()) return "";
  for (int member = leader; member < leader + plan_.gang; ++member) {
    const auto other = session.hosts.find(member);
    if (other == session.hosts.end() || other->second != host->second) return "";
  }
  return host->second;
}

bool History::may_be_shut_out(const Session& session, int leader) const {
  const std::string host = host_of(session, leader);
  return session.excluded.contains(host) || session.excluded_before.contains(host);
}

// All through this round.
bool History::is_shut_out(const Session& session, int leader) const {
  const std::string host = host_of(session, leader);
  const auto is_excluded = [&](const std::string& one) {
    return session.excluded.contains(one) && session.excluded_before.contains(one);
  };
  if (session.changed || !is_excluded(host)) return false;
  return std::ranges::any_of(joined(session), [&](int other) {
    const std::string another = host_of(session, other);
    return !another.empty() && !session.excluded.contains(another);
  });
}

void History::sends(int to, const Message& message) {
  const auto* assign = std::get_if<Assign>(&message);
  if (assign == nullptr) return;
  for (const TrialJob& job : assign->job.trials) {
    Trial* const trial = find(job.spec.id, job.attempt);
    if (trial == nullptr) return;
    const std::string who = trial->name + "#" + std::to_string(job.attempt);
    const auto claim = claimed_.find({job.spec.id, job.attempt});
    expect(claim != claimed_.end() && claim->second == to, who + " is sent before its claim is durable");
    for (const CheckpointRecord& checkpoint : job.resume) {
      expect(trial->files.contains(checkpoint.file), who + " is to resume from a checkpoint that is not committed");
    }
  }
}

void History::paused(int session) {
  sessions_.at(session).pausing = true;
}

void History::end_step(int session, bool goes_on) {
  Session& own = sessions_.at(session);
  if (session != session_ || !goes_on || own.pausing) return;
  if (own.events <= 1) check_order(own);
  check_starvation(own);
  check_idle(own);
  check_time(own);
}

// A run ends when nothing runs, and nothing that is left would end in time.
void History::check_time(const Session& session) {
  bool waits = false;
  for (const auto& [position, place] : session.places) {
    const Trial& trial = trials_[std::size_t(position)];
    if (trial.state == TrialState::running || trial.leaving) return;
    if (trial.state != TrialState::pending || !wanted_now(trial)) continue;
    if (has_room(session, trial)) return;
    waits = true;
  }
  expect(!waits, "the run goes on though no trial that is left would end before its job does");
}

bool History::has_room(const Session& session, const Trial& trial) const {
  const int left = int(trial.epoch_rows.size()) - trial.saved;
  return session.time.has_room(trial.shape, left, std::max(session.now, trial.ready_at));
}

// Of the sweeps that it has taken up.
void History::left(int session, ExitCode code) {
  if (session != session_) return;
  const auto any = [&](auto&& holds) {
    return std::ranges::any_of(sessions_.at(session).loaded, [&](int sweep) {
      return std::ranges::any_of(sweeps_[std::size_t(sweep)].trials,
                                 [&](int trial) { return holds(trials_[std::size_t(trial)].state); });
    });
  };
  const bool over = !any([](TrialState state) { return !is_final(state); });
  const bool all_done = !any([](TrialState state) { return state != TrialState::done; });
  expect(code != ExitCode::done || all_done, "the coordinator says that all is done, which it is not");
  expect(code != ExitCode::some_failed || (over && !all_done), "the coordinator says that its sweeps have ended");
  expect(code != ExitCode::paused || !over, "the coordinator says that it was paused though all has ended");
}

void History::check_idle(const Session& session) {
  const std::vector<int> left = ready_trials(session);
  if (left.empty()) return;
  const std::string& name = trials_[std::size_t(left.front())].name;
  expect(session.places.contains(left.front()), name + " waits, and its sweep has not been taken up");
  for (const int worker : joined(session)) {
    if (has_stale(session, worker) || may_be_shut_out(session, worker)) continue;
    expect(held(worker) > 0, "worker " + std::to_string(worker) + " is idle though " + name + " waits");
  }
}

// --- which trial an empty worker gets ---

void History::check_order(const Session& session) {
  const std::vector<int> left = ready_trials(session);
  std::set<int> seen;
  for (const Given& given : session.given) {
    if (!seen.insert(given.worker).second || !given.was_empty) continue;
    check_first(session, given, left);
    if (session.given.size() == 1) check_share(session, given, left);
  }
}

// Of the highest priority that waits, and the first that waits of one of its sweeps.
void History::check_first(const Session& session, const Given& given, const std::vector<int>& left) {
  const Trial& trial = trials_[std::size_t(given.position)];
  for (const int position : left) {
    const Trial& other = trials_[std::size_t(position)];
    expect(priority_of(trial) >= priority_of(other),
           trial.name + " is preferred to " + other.name + ", which has the higher priority");
  }
  const Trial* before = nullptr;
  const bool is_first = std::ranges::any_of(trial.sweeps, [&](int sweep) {
    const Sweep& of = sweeps_[std::size_t(sweep)];
    if (!is_active(sweep) || of.priority < priority_of(trial)) return false;
    return std::ranges::none_of(left, [&](int position) {
      const Trial& other = trials_[std::size_t(position)];
      const bool is_before =
          other.sweeps.contains(sweep) && session.places.at(position) < session.places.at(given.position);
      if (is_before) before = &other;
      return is_before;
    });
  });
  expect(is_first,
         trial.name + " is preferred to " + (before == nullptr ? "nothing" : before->name) + ", which comes first");
}

// Of sweeps with the same priority, the one with the smaller share of the workers goes first.
void History::check_share(const Session& session, const Given& given, const std::vector<int>& left) {
  const Trial& trial = trials_[std::size_t(given.position)];
  double least = std::numeric_limits<double>::infinity();
  for (const int sweep : trial.sweeps) {
    if (is_active(sweep)) least = std::min(least, share_of(sweep, given.position).first);
  }
  for (const int position : left) {
    const Trial& other = trials_[std::size_t(position)];
    if (priority_of(other) < priority_of(trial)) continue;
    for (const int sweep : other.sweeps) {
      if (!is_active(sweep) || !session.loaded.contains(sweep) || trial.sweeps.contains(sweep)) continue;
      if (sweeps_[std::size_t(sweep)].priority < priority_of(trial)) continue;
      expect(least <= share_of(sweep, given.position).second + 1e-9,
             trial.name + " is preferred to " + other.name + ", whose sweep has a smaller share of the workers");
    }
  }
}

// At least, at most: a trial of several sweeps runs for one of them. Without trial `but`.
std::pair<double, double> History::share_of(int sweep, int but) const {
  std::pair<double, double> share{};
  for (std::size_t i = 0; i < trials_.size(); ++i) {
    const Trial& trial = trials_[i];
    if (int(i) == but || !holds(trial, trial.worker)) continue;
    const bool with_it = trials_[std::size_t(but)].worker == trial.worker;
    const double part = 1.0 / (held(trial.worker) - (with_it ? 1 : 0));
    const bool sure = !trial.leaving && trial.sweeps == std::set<int>{sweep};
    if (sure) share.first += part;
    if (sure || trial.leaving || trial.sweeps.contains(sweep)) share.second += part;
  }
  return share;
}

// --- nobody starves ---

void History::check_starvation(Session& session) {
  for (const int sweep : session.loaded) {
    Waiting& waiting = session.waiting[sweep];
    const int first = is_active(sweep) ? first_ready(session, sweep) : -1;
    const bool is_alone = alone(session, sweep);
    const bool is_next = is_alone || first_without_share(session, sweep);
    const bool still = first >= 0 && first == waiting.trial && is_next && waiting.is_next && !session.changed;
    if (!still) {
      waiting = {first, is_next, 0, 0, {}};
      continue;
    }
    note_overtaking(session, sweep, waiting, is_alone);
    const std::string& name = trials_[std::size_t(first)].name;
    expect(waiting.overtaking.empty() || waiting.overtaking != joined(session),
           name + " starves: every worker goes on with trials that come later");
    expect(waiting.passed_over < int(session.loaded.size()),
           name + " starves: other sweeps get one empty worker after the other");
  }
}

// Each other sweep may have its turn before. Then not all workers may go on with others while the first waits for a
// place, one of them has to get empty; and what gets empty is the sweep's.
void History::note_overtaking(const Session& session, int sweep, Waiting& waiting, bool alone) {
  for (const Given& given : session.given) {
    const bool ours = trials_[std::size_t(given.position)].sweeps.contains(sweep);
    if (ours && session.places.at(given.position) < session.places.at(waiting.trial)) {
      waiting.overtaking.clear();
    } else if (given.was_empty) {
      waiting.passed_over += alone ? 0 : 1;
    } else if (alone || ++waiting.turns >= int(session.loaded.size())) {
      waiting.overtaking.insert(given.worker);
    }
  }
}

// No other sweep that is active has trials that wait or run.
bool History::alone(const Session& session, int sweep) const {
  return std::ranges::all_of(trials_, [&](const Trial& trial) {
    if (!ready(session, trial) && !holds(trial, trial.worker)) return true;
    return !trial.leaving && trial.sweeps.contains(sweep) &&
           std::ranges::all_of(trial.sweeps, [&](int other) { return other == sweep || !is_active(other); });
  });
}

// It has no worker, and nobody comes before it.
bool History::first_without_share(const Session& session, int sweep) const {
  const int priority = sweeps_[std::size_t(sweep)].priority;
  return std::ranges::all_of(trials_, [&](const Trial& trial) {
    const bool is_held = holds(trial, trial.worker);
    if (is_held && (trial.leaving || trial.sweeps.contains(sweep))) return false;
    if (!is_held && !ready(session, trial)) return true;
    return std::ranges::all_of(trial.sweeps,
                               [&](int other) { return sweeps_[std::size_t(other)].priority <= priority; });
  });
}

// --- what is where ---

bool History::ready(const Session& session, const Trial& trial) const {
  return trial.state == TrialState::pending && !trial.leaving && trial.ready_at <= session.now && wanted_now(trial) &&
         has_room(session, trial);
}

std::vector<int> History::ready_trials(const Session& session) const {
  std::vector<int> left;
  for (std::size_t i = 0; i < trials_.size(); ++i) {
    if (ready(session, trials_[i])) left.push_back(int(i));
  }
  return left;
}

int History::first_ready(const Session& session, int sweep) const {
  int first = -1;
  for (const int trial : sweeps_[std::size_t(sweep)].trials) {
    if (!ready(session, trials_[std::size_t(trial)])) continue;
    if (first < 0 || session.places.at(trial) < session.places.at(first)) first = trial;
  }
  return first;
}

// Also one that has not let it go.
bool History::holds(const Trial& trial, int worker) const {
  return worker > 0 && (trial.state == TrialState::running || trial.leaving) && trial.worker == worker;
}

int History::held(int worker) const {
  return int(std::ranges::count_if(trials_, [&](const Trial& trial) { return holds(trial, worker); }));
}

bool History::is_active(int sweep) const {
  return sweeps_[std::size_t(sweep)].activity == storage::SweepActivity::active;
}

int History::priority_of(const Trial& trial) const {
  int highest = std::numeric_limits<int>::min();
  for (const int sweep : trial.sweeps) {
    if (is_active(sweep)) highest = std::max(highest, sweeps_[std::size_t(sweep)].priority);
  }
  return highest;
}

std::set<int> History::joined(const Session& session) const {
  std::set<int> leaders;
  for (const int rank : session.here) {
    const int leader = gang_leader(rank, plan_.gang);
    bool all = true;
    for (int member = leader; member < leader + plan_.gang; ++member) all = all && session.here.contains(member);
    if (all) leaders.insert(leader);
  }
  return leaders;
}

}  // namespace mer::simulation
