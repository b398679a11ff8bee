// BestEpochs: the test part's predictions at the best epoch so far, by the validation and by the test part, for every
// metric. A trial does not know by which rule and metric its sweep selects, so all are kept.
//
// Threads: plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/records.hpp"

namespace mer::trainer {

// A part after an epoch. probabilities[i * classes + c], i in the order of the part's rows.
struct Evaluation {
  std::int64_t utterances = 0;
  LossComponents losses;
  ConfusionMatrix confusion;
  std::vector<float> probabilities;
};

struct Best {
  double score = 0;  // of the selecting part
  Selected selected;
  bool operator==(const Best&) const = default;
};

class BestEpochs {
 public:
  BestEpochs() = default;
  explicit BestEpochs(std::vector<Best> entries) : entries_(std::move(entries)) {}

  // Ties keep the earlier epoch; a score that is not finite is never best. validation: nullptr when the fold has none.
  void update(int epoch, const Evaluation* validation, const Evaluation& test);

  const std::vector<Best>& entries() const { return entries_; }

 private:
  void offer(SelectionRule rule, Metric metric, double score, int epoch, const Evaluation& test);

  std::vector<Best> entries_;
};

Selected selected_of(SelectionRule rule, Metric metric, int epoch, const Evaluation& test);

}  // namespace mer::trainer
