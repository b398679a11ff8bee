// The book of a History: what becomes of sweeps and trials when people ask for something.
#include <algorithm>

#include "tests/simulation/history.hpp"

namespace mer::simulation {
namespace {

using storage::ControlVerb;
using storage::SweepActivity;

bool is_retry(ControlVerb verb) {
  return verb == ControlVerb::retry || verb == ControlVerb::retry_failed;
}

SweepActivity activity_under(ControlVerb verb, SweepActivity before) {
  const bool cancelled = before == SweepActivity::cancelled;
  if (verb == ControlVerb::cancel) return SweepActivity::cancelled;
  if (verb == ControlVerb::pause && !cancelled) return SweepActivity::paused;
  if (verb == ControlVerb::resume && !cancelled) return SweepActivity::active;
  if (is_retry(verb) && cancelled) return SweepActivity::active;
  return before;
}

bool is_changed(ControlVerb verb, TrialState state, bool named) {
  if (verb == ControlVerb::cancel) return !is_final(state);
  if (verb == ControlVerb::retry_failed) return state == TrialState::failed;
  if (verb != ControlVerb::retry) return false;
  return state == TrialState::failed || state == TrialState::cancelled || (named && state == TrialState::diverged);
}

}  // namespace

std::string text_of(const storage::Control& control, const TrialNames& names) {
  std::string text = storage::name_of(control.verb);
  if (control.sweep) text += " sweep " + std::to_string(control.sweep->number);
  for (const TrialId& id : control.trials) text += " " + (names.contains(id) ? names.at(id) : id.hex);
  if (control.verb == ControlVerb::priority) text += " to " + std::to_string(control.priority);
  return text;
}

// --- submissions ---

void History::submitted(int session, const storage::Submission& submission, SweepId id) {
  expect(session == 0 || session == session_, "a session that is over submits a sweep");
  if (session != 0) {
    ++sessions_.at(session).events;
    sessions_.at(session).changed = true;
  }
  for (std::size_t i = sweeps_.size(); i > 0 && !submission.fresh; --i) {
    if (sweeps_[i - 1].name != submission.sweep.name) continue;
    expect(id.number == std::int64_t(i), "a sweep that is submitted again becomes another one");
    sweeps_[i - 1].activity = SweepActivity::active;
    return;
  }
  expect(id.number == std::int64_t(sweeps_.size() + 1), "a new sweep gets the number of another one");
  Sweep sweep{submission.sweep.name, SweepActivity::active, submission.priority, {}, {}};
  for (const storage::PlannedTrial& planned : submission.trials) {
    sweep.trials.push_back(add_trial(sweep, planned.spec, submission));
    trials_[std::size_t(sweep.trials.back())].sweeps.insert(int(sweeps_.size()));
  }
  sweeps_.push_back(std::move(sweep));
}

// A new one, one that is shared or reused, or one that takes an old one's place.
int History::add_trial(Sweep& sweep, const TrialSpec& spec, const storage::Submission& submission) {
  const auto known = positions_.find(spec.id);
  if (known == positions_.end()) {
    Trial trial;
    trial.id = spec.id;
    trial.name = names_.at(spec.id);
    trial.epoch_rows.resize(std::size_t(spec.train.epochs));
    trials_.push_back(std::move(trial));
    ids_.push_back(spec.id);
    return positions_[spec.id] = int(trials_.size() - 1);
  }
  const Trial& trial = trials_[std::size_t(known->second)];
  if (!is_final(trial.state)) return known->second;
  const bool has_result = trial.state == TrialState::done || trial.state == TrialState::diverged;
  if (!has_result || submission.fresh || trial.code != submission.code_version) return supersede(known->second);
  sweep.reused.insert(known->second);
  return known->second;
}

int History::supersede(int old) {
  Trial trial;
  Trial& before = trials_[std::size_t(old)];
  trial.id = before.id;
  trial.name = before.name;
  trial.first = trial.attempt = before.attempt;
  trial.worker = before.worker;
  trial.leaving = before.leaving;
  trial.epoch_rows.resize(before.epoch_rows.size());
  const auto same =
      std::ranges::count_if(trials_, [&](const Trial& other) { return storage::without_number(other.id) == trial.id; });
  before.id = storage::superseded(trial.id, same);
  before.name += "." + std::to_string(same);
  before.leaving = false;
  before.checkpoints.clear();
  names_[before.id] = before.name;
  ids_.push_back(before.id);
  trials_.push_back(std::move(trial));
  return positions_[trials_.back().id] = int(trials_.size() - 1);
}

// --- control ---

void History::controlled(int session, const storage::Control& control, const storage::Controlled& controlled) {
  expect(session == 0 || session == session_, "a session that is over controls sweeps");
  if (session != 0) note_control(session, control);
  std::vector<int> candidates;
  for (const TrialId& id : control.trials) candidates.push_back(positions_.at(id));
  if (control.sweep) {
    Sweep& sweep = sweeps_.at(std::size_t(control.sweep->number - 1));
    sweep.activity = activity_under(control.verb, sweep.activity);
    if (control.verb == ControlVerb::priority) sweep.priority = control.priority;
    candidates = sweep.trials;
    expect(controlled.activity == sweep.activity && controlled.priority == sweep.priority,
           text_of(control, names_) + ": the answer says otherwise");
  }
  const std::vector<int> changed = change_trials(control, candidates, session != 0);
  std::set<TrialId> ids;
  for (const int trial : changed) ids.insert(trials_[std::size_t(trial)].id);
  expect(ids == std::set<TrialId>(controlled.trials.begin(), controlled.trials.end()),
         text_of(control, names_) + " changes other trials");
  const bool revives = is_retry(control.verb) && !control.sweep;
  const std::set<SweepId> revived = revives ? revive(changed) : std::set<SweepId>();
  expect(revived == std::set<SweepId>(controlled.revived.begin(), controlled.revived.end()),
         text_of(control, names_) + " revives other sweeps");
}

// Named trials may be of several sweeps, which are taken up one after the other.
void History::note_control(int session, const storage::Control& control) {
  Session& own = sessions_.at(session);
  own.events += control.sweep ? 1 : 2;
  own.changed = true;
}

std::vector<int> History::change_trials(const storage::Control& control, const std::vector<int>& candidates,
                                        bool runs) {
  std::vector<int> changed;
  for (const int position : candidates) {
    Trial& trial = trials_[std::size_t(position)];
    if (storage::is_superseded(trial.id) || !is_changed(control.verb, trial.state, !control.sweep)) continue;
    if (control.verb == ControlVerb::cancel) {
      if (control.sweep && wanted(trial)) continue;
      trial.leaving = trial.leaving || (runs && trial.state == TrialState::running && trial.worker > 0);
      trial.state = TrialState::cancelled;
    } else {
      trial.state = TrialState::pending;
      trial.crashes = 0;
      trial.ready_at = {};
    }
    changed.push_back(position);
  }
  return changed;
}

std::set<SweepId> History::revive(const std::vector<int>& trials) {
  std::set<SweepId> revived;
  for (const int position : trials) {
    const Trial& trial = trials_[std::size_t(position)];
    if (wanted(trial)) continue;
    for (const int sweep : trial.sweeps) revived.insert({sweep + 1});
  }
  for (const SweepId id : revived) sweeps_[std::size_t(id.number - 1)].activity = SweepActivity::active;
  return revived;
}

bool History::wanted(const Trial& trial) const {
  return std::ranges::any_of(
      trial.sweeps, [this](int sweep) { return sweeps_[std::size_t(sweep)].activity != SweepActivity::cancelled; });
}

bool History::wanted_now(const Trial& trial) const {
  return std::ranges::any_of(trial.sweeps, [this](int sweep) { return is_active(sweep); });
}

}  // namespace mer::simulation
