// Scores of a classifier from its confusion matrix, with scikit-learn's definitions.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace mer {

// counts[truth * classes + prediction].
struct ConfusionMatrix {
  int classes = 0;
  std::vector<std::int64_t> counts;

  ConfusionMatrix() = default;
  explicit ConfusionMatrix(int classes_) : classes(classes_), counts(std::size_t(classes_) * std::size_t(classes_)) {}

  std::int64_t& at(int truth, int prediction) { return counts[std::size_t(truth * classes + prediction)]; }
  std::int64_t at(int truth, int prediction) const { return counts[std::size_t(truth * classes + prediction)]; }
  std::int64_t total() const;
  ConfusionMatrix& operator+=(const ConfusionMatrix& other);  // REQUIRES: same classes
  bool operator==(const ConfusionMatrix&) const = default;
};

// All in [0, 1]. NaN where there is nothing to average (an empty matrix).
struct Scores {
  double wa = 0;           // weighted accuracy = overall accuracy
  double ua = 0;           // unweighted accuracy = mean recall over the classes present in the truth
  double macro_f1 = 0;     // mean F1 over the classes in truth or prediction
  double weighted_f1 = 0;  // F1 weighted by the class's count in the truth

  bool operator==(const Scores&) const = default;
};

// 0 where the denominator is 0, as scikit-learn's zero_division=0.
struct ClassScores {
  double precision = 0, recall = 0, f1 = 0;
  std::int64_t support = 0;    // utterances of this class in the truth
  std::int64_t predicted = 0;  // utterances that were predicted as this class
};

Scores scores_of(const ConfusionMatrix& matrix);
std::vector<ClassScores> class_scores_of(const ConfusionMatrix& matrix);

}  // namespace mer
