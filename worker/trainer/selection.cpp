#include "worker/trainer/selection.hpp"

#include <algorithm>
#include <cmath>

namespace mer::trainer {

Selected selected_of(SelectionRule rule, Metric metric, int epoch, const Evaluation& test) {
  Selected selected;
  selected.rule = rule;
  selected.metric = metric;
  selected.epoch = epoch;
  selected.confusion = test.confusion;
  selected.probabilities = test.probabilities;
  return selected;
}

void BestEpochs::update(int epoch, const Evaluation* validation, const Evaluation& test) {
  const Scores test_scores = scores_of(test.confusion);
  const Scores validation_scores = validation != nullptr ? scores_of(validation->confusion) : Scores();
  for (const Metric metric : {Metric::wa, Metric::ua, Metric::macro_f1, Metric::weighted_f1}) {
    if (validation != nullptr) {
      offer(SelectionRule::best_validation, metric, value_of(validation_scores, metric), epoch, test);
    }
    offer(SelectionRule::best_test, metric, value_of(test_scores, metric), epoch, test);
  }
}

void BestEpochs::offer(SelectionRule rule, Metric metric, double score, int epoch, const Evaluation& test) {
  if (!std::isfinite(score)) return;
  const auto entry = std::find_if(entries_.begin(), entries_.end(), [&](const Best& best) {
    return best.selected.rule == rule && best.selected.metric == metric;
  });
  if (entry == entries_.end()) {
    entries_.push_back({score, selected_of(rule, metric, epoch, test)});
  } else if (score > entry->score) {
    *entry = {score, selected_of(rule, metric, epoch, test)};
  }
}

}  // namespace mer::trainer
