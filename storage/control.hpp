// Control: what people ask of the sweeps and trials in a store, while a coordinator runs or when none does.
//
// Every verb is idempotent: what is so already stays, and is no error. Threads: plain values and pure functions.
// Errors: see check_control().
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "core/trial.hpp"
#include "storage/annotation.hpp"

namespace mer::storage {

// active: its trials are run by whoever runs this store's sweeps. paused: none is begun. cancelled: it wants none.
enum class SweepActivity { active, paused, cancelled };
const char* name_of(SweepActivity activity);
std::optional<SweepActivity> sweep_activity_from(const std::string& name);

// cancel    trials that wait or run become `cancelled`, a running attempt ends as `stopped`, uncharged. Of a sweep: it
//           becomes cancelled, but for the trials that another sweep, which is not, has too
// pause     an active sweep is paused; its running trials are handed back
// resume    a paused sweep is active
// retry     failed and cancelled trials wait again, their crashes forgotten; those named one by one, diverged ones too;
//           a cancelled sweep is active, also one with a trial that was named and that no other sweep wants
// retry_failed  failed trials only, cancelled ones stay so; the sweeps as with retry
// priority  sweeps of higher priority go first; default 0
// note      the note of a sweep or of trials is this one; empty: none
// tag, untag  a sweep or trials have these tags, or have them no longer
enum class ControlVerb { cancel, pause, resume, retry, retry_failed, priority, note, tag, untag };
const char* name_of(ControlVerb verb);
std::optional<ControlVerb> control_verb_from(const std::string& name);

constexpr int kHighestPriority = 1'000'000;  // the lowest is its negative

struct Control {
  ControlVerb verb = ControlVerb::pause;
  std::optional<SweepId> sweep = {};  // that it concerns; else `trials`, but for verbs of sweeps alone
  std::vector<TrialId> trials = {};
  int priority = 0;
  double at = 0;                       // Unix time
  std::string note = {};               // of the verb note
  std::vector<std::string> tags = {};  // of the verbs tag and untag
};

struct Controlled {
  std::vector<TrialId> trials;   // whose state has changed
  std::vector<SweepId> sweeps;   // that have one of them, and are not cancelled
  std::vector<SweepId> revived;  // of these: they were cancelled, and are active since a trial of theirs is retried
  // Of Control::sweep, afterwards.
  SweepActivity activity = SweepActivity::active;
  int priority = 0;
  Annotation annotation = {};  // where the verb writes one: what stands now, on the last of several trials
};

// Error invalid: neither a sweep nor trials, a verb that concerns sweeps only, a superseded trial, a note or tags that
// are not kept.
Status check_control(const Control& control);

// True where `verb` changes the state of a trial in this one; `named`: it was named by its id.
bool changes(ControlVerb verb, TrialState state, bool named);
SweepActivity activity_after(ControlVerb verb, SweepActivity before);

// True of note, tag and untag: nothing else changes, and who schedules has nothing to decide.
bool annotates(ControlVerb verb);
// REQUIRES: such a verb. Error invalid: too many tags.
Result<Annotation> annotated(const Annotation& before, const Control& control);

// A trial that a later submission runs anew (other code, or --fresh) keeps its rows under its id, a dot and a number.
bool is_superseded(const TrialId& id);
TrialId without_number(const TrialId& id);
TrialId superseded(const TrialId& id, std::int64_t number);

}  // namespace mer::storage
