#include "storage/control_target.hpp"

#include <charconv>
#include <utility>

#include "core/json.hpp"
#include "storage/lookup.hpp"

namespace mer::storage {

Result<Control> control_of(ResultReader& reader, Control control, const std::string& target) {
  const Result<SweepId> sweep = reader.find_sweep(target);
  if (sweep) {
    control.sweep = *sweep;
  } else {
    if (sweep.error().code != ErrorCode::not_found || !check_trial_prefix(target)) return sweep.error();
    MER_ASSIGN(const TrialId trial, reader.find_trial(target));
    control.trials = {trial};
  }
  MER_TRY(check_control(control));
  return control;
}

Result<int> priority_from(const std::string& word) {
  int priority = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), priority);
  const bool whole = !word.empty() && error == std::errc() && end == word.data() + word.size();
  if (whole && priority >= -kHighestPriority && priority <= kHighestPriority) return priority;
  return invalid("\"" + word + "\" is not a priority: expected a whole number from -" +
                 std::to_string(kHighestPriority) + " to " + std::to_string(kHighestPriority));
}

std::string control_json(const Control& control, const Controlled& controlled) {
  nlohmann::ordered_json answer = {{"schema", 1}, {"verb", name_of(control.verb)}};
  if (control.sweep) {
    answer["sweep"] = control.sweep->number;
    answer["activity"] = name_of(controlled.activity);
    answer["priority"] = controlled.priority;
  }
  if (annotates(control.verb)) {
    answer["note"] = controlled.annotation.note;
    answer["tags"] = controlled.annotation.tags;
  }
  answer["trials"] = nlohmann::ordered_json::array();
  for (const TrialId& trial : controlled.trials) answer["trials"].push_back(trial.hex);
  return answer.dump();
}

}  // namespace mer::storage
