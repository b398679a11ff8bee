#include "storage/lookup.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/nearest.hpp"

namespace mer::storage {

std::optional<std::int64_t> sweep_number(const std::string& word) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return number;
}

Error no_sweep(const std::string& word, const std::vector<std::string>& names) {
  std::string message = "no sweep \"" + word + "\" in this store";
  if (const std::string near = nearest(word, names); !near.empty()) message += "; did you mean \"" + near + "\"?";
  return {ErrorCode::not_found, message + "; `merctl list` shows all"};
}

Status check_trial_prefix(const std::string& prefix) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_hex = [&](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); };
  const std::size_t dot = std::min(prefix.find('.'), prefix.size());
  const bool numbered = dot < prefix.size();
  const bool hex = std::all_of(prefix.begin(), prefix.begin() + std::ptrdiff_t(dot), is_hex);
  const bool number = std::all_of(prefix.begin() + std::ptrdiff_t(dot + (numbered ? 1 : 0)), prefix.end(), is_digit);
  if (hex && number && dot <= 32 && dot >= (numbered ? 32 : 4)) return {};
  return invalid("\"" + prefix + "\" does not name a trial: give its id, or the first 4 or more of its 32 hex digits");
}

Result<TrialId> only_trial(const std::string& prefix, const std::vector<TrialId>& found) {
  if (found.size() == 1) return found.front();
  if (found.empty()) return Error{ErrorCode::not_found, "no trial begins with \"" + prefix + "\" in this store"};
  return invalid("\"" + prefix + "\" begins several trials, among them " + found[0].hex + " and " + found[1].hex +
                 ": give more digits");
}

Error no_trial(const TrialId& id) {
  return {ErrorCode::not_found, "no trial " + id.hex + " in this store"};
}

Error nothing_selected(const TrialId& id, SelectionRule rule) {
  return {ErrorCode::not_found,
          "trial " + id.hex + " has nothing under the rule " + name_of(rule) +
              (rule == SelectionRule::best_validation ? ": it is not done, or its fold has no validation part"
                                                      : ": it is not done")};
}

Error no_test_part(const TrialId& id) {
  return {ErrorCode::not_found, "trial " + id.hex + ": the utterances of its test part are not in this store"};
}

void sort_selected(std::vector<Selected>& selected) {
  std::stable_sort(selected.begin(), selected.end(), [](const Selected& a, const Selected& b) {
    return std::pair(a.rule, a.metric) < std::pair(b.rule, b.metric);
  });
}

Result<std::vector<Prediction>> predictions_of(const Selected& selected, const TestPart& part) {
  const std::size_t utterances = part.utterances.size();
  const auto classes = static_cast<std::size_t>(selected.confusion.classes);
  if (!part.dialogues.empty() && part.dialogues.size() != utterances) {
    return Error{ErrorCode::corrupt, std::to_string(part.dialogues.size()) + " dialogues do not fit " +
                                         std::to_string(utterances) + " utterances"};
  }
  if (part.truth.size() != utterances || selected.probabilities.size() != utterances * classes) {
    return Error{ErrorCode::corrupt, std::to_string(selected.probabilities.size()) + " probabilities do not fit " +
                                         std::to_string(utterances) + " utterances of " + std::to_string(classes) +
                                         " classes"};
  }
  const auto outside = [&](int truth) { return std::size_t(truth) >= classes; };
  if (const auto truth = std::ranges::find_if(part.truth, outside); truth != part.truth.end()) {
    return Error{ErrorCode::corrupt,
                 "label " + std::to_string(*truth) + " of an utterance is none of " + std::to_string(classes)};
  }
  std::vector<Prediction> predictions(utterances);
  for (std::size_t i = 0; i < utterances; ++i) {
    const auto first = selected.probabilities.begin() + static_cast<std::ptrdiff_t>(i * classes);
    Prediction& prediction = predictions[i];
    prediction.utterance = part.utterances[i];
    if (!part.dialogues.empty()) prediction.dialogue = part.dialogues[i];
    prediction.truth = part.truth[i];
    prediction.probabilities.assign(first, first + static_cast<std::ptrdiff_t>(classes));
    const auto best = std::max_element(prediction.probabilities.begin(), prediction.probabilities.end());
    prediction.predicted = static_cast<int>(best - prediction.probabilities.begin());
  }
  return predictions;
}

Metric stored_metric(SelectionRule rule, Metric metric) {
  return rule == SelectionRule::last ? Selected().metric : metric;
}

}  // namespace mer::storage
