#include "storage/tested_utterances.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>

namespace mer::storage {
namespace {

TestedUtterances without(std::string why) {
  return {.why = std::move(why)};
}

// One seed's predictions of all folds, sorted by utterance.
using Run = std::vector<Prediction>;

std::string why_not(const Run& run) {
  const auto twice = std::ranges::adjacent_find(run, {}, &Prediction::utterance);
  if (twice != run.end()) return "its test parts overlap: utterance " + twice->utterance + " is tested twice";
  if (std::ranges::any_of(run, [](const Prediction& one) { return one.dialogue.empty(); })) {
    return "an older version of mer submitted it and kept no dialogues; `merctl run` its sweep file again, which adds "
           "them and trains nothing that is done";
  }
  const auto elsewhere = [&](const Prediction& one) { return one.dialogue != run.front().dialogue; };
  return std::ranges::any_of(run, elsewhere) ? "" : "its utterances are of one dialogue: there is nothing to draw from";
}

stats::DialogueMatrices matrices_of(const Run& run) {
  std::map<std::string, ConfusionMatrix> by_dialogue;
  for (const Prediction& one : run) {
    const ConfusionMatrix empty(int(one.probabilities.size()));
    ++by_dialogue.try_emplace(one.dialogue, empty).first->second.at(one.truth, one.predicted);
  }
  stats::DialogueMatrices matrices;
  for (auto& [dialogue, matrix] : by_dialogue) matrices.push_back(std::move(matrix));
  return matrices;
}

// By seed. Error not_found: a trial has no predictions.
Result<std::map<std::uint64_t, Run>> runs_of(ResultReader& reader, const std::vector<TrialRow>& trials,
                                             std::size_t configuration, SelectionRule rule, Metric metric) {
  std::map<std::uint64_t, Run> runs;
  for (const TrialRow& trial : trials) {
    if (std::size_t(trial.configuration) != configuration) continue;
    MER_ASSIGN(std::vector<Prediction> predictions, reader.predictions(trial.id, rule, metric));
    Run& run = runs[trial.seed];
    std::ranges::move(predictions, std::back_inserter(run));
  }
  for (auto& [seed, run] : runs) std::ranges::sort(run, {}, &Prediction::utterance);
  return runs;
}

}  // namespace

Result<TestedUtterances> tested_utterances(ResultReader& reader, const std::vector<TrialRow>& trials,
                                           std::size_t configuration, SelectionRule rule, Metric metric) {
  for (const TrialRow& trial : trials) {
    const bool own = std::size_t(trial.configuration) == configuration;
    if (own && trial.state != TrialState::done) return without("some of its trials have no result");
  }
  const auto runs = runs_of(reader, trials, configuration, rule, metric);
  if (!runs && runs.error().code == ErrorCode::not_found) return without(runs.error().message);
  if (!runs) return runs.error();
  TestedUtterances tested;
  for (const auto& [seed, run] : *runs) {
    if (std::string why = why_not(run); !why.empty()) return without(std::move(why));
    tested.by_dialogue.push_back(matrices_of(run));
    std::vector<int>& predicted = tested.predicted.emplace_back();
    for (const Prediction& one : run) predicted.push_back(one.predicted);
    if (!tested.utterances.empty()) continue;
    for (const Prediction& one : run) tested.utterances.push_back({one.utterance, one.dialogue, one.truth});
  }
  return tested;
}

}  // namespace mer::storage
