#include "storage/control.hpp"

#include "core/enum_names.hpp"

namespace mer {

template <>
struct EnumNames<storage::SweepActivity> {
  using Activity = storage::SweepActivity;
  static constexpr NamedValue<Activity> all[] = {
      {Activity::active, "active"}, {Activity::paused, "paused"}, {Activity::cancelled, "cancelled"}};
};

template <>
struct EnumNames<storage::ControlVerb> {
  using Verb = storage::ControlVerb;
  static constexpr NamedValue<Verb> all[] = {{Verb::cancel, "cancel"},
                                             {Verb::pause, "pause"},
                                             {Verb::resume, "resume"},
                                             {Verb::retry, "retry"},
                                             {Verb::retry_failed, "retry-failed"},
                                             {Verb::priority, "priority"},
                                             {Verb::note, "note"},
                                             {Verb::tag, "tag"},
                                             {Verb::untag, "untag"}};
};

namespace storage {

const char* name_of(SweepActivity activity) {
  return enum_name(activity);
}
std::optional<SweepActivity> sweep_activity_from(const std::string& name) {
  return enum_from<SweepActivity>(name);
}
const char* name_of(ControlVerb verb) {
  return enum_name(verb);
}
std::optional<ControlVerb> control_verb_from(const std::string& name) {
  return enum_from<ControlVerb>(name);
}

bool changes(ControlVerb verb, TrialState state, bool named) {
  switch (verb) {
    case ControlVerb::cancel: return !is_final(state);
    case ControlVerb::retry:
      return state == TrialState::failed || state == TrialState::cancelled || (named && state == TrialState::diverged);
    case ControlVerb::retry_failed: return state == TrialState::failed;
    default: return false;
  }
}

SweepActivity activity_after(ControlVerb verb, SweepActivity before) {
  switch (verb) {
    case ControlVerb::cancel: return SweepActivity::cancelled;
    case ControlVerb::pause: return before == SweepActivity::active ? SweepActivity::paused : before;
    case ControlVerb::resume: return before == SweepActivity::paused ? SweepActivity::active : before;
    case ControlVerb::retry:
    case ControlVerb::retry_failed: return before == SweepActivity::cancelled ? SweepActivity::active : before;
    default: return before;
  }
}

bool annotates(ControlVerb verb) {
  return verb == ControlVerb::note || verb == ControlVerb::tag || verb == ControlVerb::untag;
}

Result<Annotation> annotated(const Annotation& before, const Control& control) {
  if (control.verb == ControlVerb::tag) return with_tags(before, control.tags);
  if (control.verb == ControlVerb::untag) return without_tags(before, control.tags);
  return Annotation{control.note, before.tags};
}

namespace {

Status check_text(const Control& control) {
  if (control.verb == ControlVerb::note) return check_note(control.note);
  return annotates(control.verb) ? check_tags(control.tags) : Status();
}

}  // namespace

Status check_control(const Control& control) {
  const bool of_trials = control.verb == ControlVerb::cancel || control.verb == ControlVerb::retry ||
                         control.verb == ControlVerb::retry_failed || annotates(control.verb);
  if (!control.sweep && !of_trials) return invalid(std::string(name_of(control.verb)) + " needs a sweep, not trials");
  if (!control.sweep && control.trials.empty()) return invalid("neither a sweep nor trials are named");
  for (const TrialId& trial : control.trials) {
    if (!is_superseded(trial)) continue;
    return invalid("trial " + trial.hex + " was superseded: a later submission runs it anew as " +
                   without_number(trial).hex);
  }
  return check_text(control);
}

bool is_superseded(const TrialId& id) {
  return id.hex.find('.') != std::string::npos;
}
TrialId without_number(const TrialId& id) {
  return {id.hex.substr(0, id.hex.find('.'))};
}
TrialId superseded(const TrialId& id, std::int64_t number) {
  return {id.hex + "." + std::to_string(number)};
}

}  // namespace storage
}  // namespace mer
