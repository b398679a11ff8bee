#include "storage/sqlite_control.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "storage/lookup.hpp"
#include "storage/sqlite_annotation.hpp"
#include "storage/sqlite_rows.hpp"
#include "storage/transition.hpp"

namespace mer::storage {
namespace {

struct Candidate {
  std::int64_t number = 0;
  TrialId id;
  TrialState state = TrialState::pending;
  int attempt = 0;
  int crashes = 0;
};

constexpr const char* kColumns = "SELECT DISTINCT t.trial, t.id, t.state, t.attempt, t.crashes FROM trials t ";

Result<Candidate> candidate_of(const Statement& row) {
  MER_ASSIGN(const TrialState state, read_state(row.text(2)));
  return Candidate{row.integer(0), {row.text(1)}, state, row.small(3), row.small(4)};
}

Status control_sweep(SqliteDb& db, SweepId sweep, const Control& control, Controlled& controlled) {
  MER_ASSIGN(Statement query, db.prepare("SELECT activity, priority FROM sweeps WHERE sweep = ?"));
  MER_ASSIGN(const bool found, query.bind(sweep.number).step());
  if (!found) return no_sweep(std::to_string(sweep.number), {});
  MER_ASSIGN(const SweepActivity before, read_activity(query.text(0)));
  controlled.activity = activity_after(control.verb, before);
  controlled.priority = control.verb == ControlVerb::priority ? control.priority : query.small(1);
  MER_ASSIGN(Statement update, db.prepare("UPDATE sweeps SET activity = ?, priority = ? WHERE sweep = ?"));
  return update.bind(name_of(controlled.activity), controlled.priority, sweep.number).run();
}

// The sweep is cancelled already, so that it wants none of them.
Result<std::vector<Candidate>> trials_of_sweep(SqliteDb& db, SweepId sweep, ControlVerb verb) {
  const char* const unwanted = verb != ControlVerb::cancel
                                   ? ""
                                   : "AND NOT EXISTS (SELECT 1 FROM sweep_trials o JOIN sweeps w ON w.sweep = o.sweep "
                                     "WHERE o.trial = t.trial AND w.activity != 'cancelled') ";
  MER_ASSIGN(Statement query,
             db.prepare(std::string(kColumns) +
                        "JOIN sweep_trials s USING (trial) WHERE s.sweep = ? AND instr(t.id, '.') = 0 " + unwanted +
                        "ORDER BY s.position"));
  std::vector<Candidate> trials;
  MER_TRY(query.bind(sweep.number).each([&](const Statement& row) -> Status {
    MER_ASSIGN(Candidate trial, candidate_of(row));
    if (changes(verb, trial.state, false)) trials.push_back(std::move(trial));
    return {};
  }));
  return trials;
}

Result<std::vector<Candidate>> named_trials(SqliteDb& db, const Control& control) {
  MER_ASSIGN(Statement query, db.prepare(std::string(kColumns) + "WHERE t.id = ?"));
  std::vector<Candidate> trials;
  for (const TrialId& id : control.trials) {
    MER_ASSIGN(const bool found, query.bind(id.hex).step());
    if (!found) return no_trial(id);
    MER_ASSIGN(Candidate trial, candidate_of(query));
    if (changes(control.verb, trial.state, true)) trials.push_back(std::move(trial));
  }
  return trials;
}

Status cancel(SqliteDb& db, const Candidate& trial, double at) {
  const bool running = trial.state == TrialState::running;
  MER_ASSIGN(Statement update, db.prepare("UPDATE trials SET state = 'cancelled', crashes = ?, message = 'cancelled' "
                                          "WHERE trial = ?"));
  MER_TRY(update.bind(running ? refunded(trial.crashes) : trial.crashes, trial.number).run());
  if (!running) return {};
  MER_ASSIGN(Statement attempt, db.prepare("UPDATE attempts SET outcome = 'stopped', ended_at = ? "
                                           "WHERE trial = ? AND attempt = ?"));
  return attempt.bind(at, trial.number, trial.attempt).run();
}

Status retry(SqliteDb& db, const Candidate& trial) {
  MER_ASSIGN(Statement update,
             db.prepare("UPDATE trials SET state = 'pending', crashes = 0, message = '' WHERE trial = ?"));
  return update.bind(trial.number).run();
}

Result<std::vector<SweepId>> sweeps_of(SqliteDb& db, const std::vector<Candidate>& trials) {
  MER_ASSIGN(Statement query, db.prepare("SELECT w.sweep FROM sweep_trials s JOIN sweeps w USING (sweep) "
                                         "WHERE s.trial = ? AND w.activity != 'cancelled'"));
  std::set<SweepId> sweeps;
  for (const Candidate& trial : trials) {
    MER_TRY(query.bind(trial.number).each([&](const Statement& row) { sweeps.insert({row.integer(0)}); }));
  }
  return std::vector<SweepId>(sweeps.begin(), sweeps.end());
}

// Of the sweeps that have these trials, those that are cancelled, where no other one wants the trial.
Result<std::vector<SweepId>> revive(SqliteDb& db, const std::vector<Candidate>& trials) {
  MER_ASSIGN(Statement query, db.prepare("SELECT s.sweep FROM sweep_trials s WHERE s.trial = ?1 AND NOT EXISTS "
                                         "(SELECT 1 FROM sweep_trials o JOIN sweeps w ON w.sweep = o.sweep "
                                         "WHERE o.trial = ?1 AND w.activity != 'cancelled')"));
  std::set<SweepId> revived;
  for (const Candidate& trial : trials) {
    MER_TRY(query.bind(trial.number).each([&](const Statement& row) { revived.insert({row.integer(0)}); }));
  }
  MER_ASSIGN(Statement update, db.prepare("UPDATE sweeps SET activity = 'active' WHERE sweep = ?"));
  for (const SweepId sweep : revived) MER_TRY(update.bind(sweep.number).run());
  return std::vector<SweepId>(revived.begin(), revived.end());
}

}  // namespace

Result<Controlled> apply_control(SqliteDb& db, const Control& control) {
  Controlled controlled;
  if (control.sweep) MER_TRY(control_sweep(db, *control.sweep, control, controlled));
  MER_ASSIGN(const std::vector<Candidate> trials,
             control.sweep ? trials_of_sweep(db, *control.sweep, control.verb) : named_trials(db, control));
  if (control.verb != ControlVerb::cancel && !control.sweep) {
    MER_ASSIGN(controlled.revived, revive(db, trials));
  }
  if (annotates(control.verb)) {
    MER_ASSIGN(controlled.annotation, annotate(db, control));
  }
  MER_ASSIGN(controlled.sweeps, sweeps_of(db, trials));
  for (const Candidate& trial : trials) {
    MER_TRY(control.verb == ControlVerb::cancel ? cancel(db, trial, control.at) : retry(db, trial));
    controlled.trials.push_back(trial.id);
  }
  return controlled;
}

}  // namespace mer::storage
