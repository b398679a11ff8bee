#include "core/scores.hpp"

#include <cmath>
#include <limits>
#include <numeric>

#include "core/check.hpp"

namespace mer {

namespace {
// 0 where there is nothing to divide by, as scikit-learn's zero_division=0.
double ratio(double numerator, double denominator) {
  return denominator == 0 ? 0 : numerator / denominator;
}

// NaN where there is nothing to average.
double mean(double sum, std::int64_t count) {
  return count == 0 ? std::numeric_limits<double>::quiet_NaN() : sum / static_cast<double>(count);
}
}  // namespace

std::int64_t ConfusionMatrix::total() const {
  return std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
}

ConfusionMatrix& ConfusionMatrix::operator+=(const ConfusionMatrix& other) {
  MER_CHECK(classes == other.classes, "confusion matrices of different classes");
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i];
  return *this;
}

std::vector<ClassScores> class_scores_of(const ConfusionMatrix& matrix) {
  std::vector<ClassScores> scores(std::size_t(matrix.classes));
  for (int c = 0; c < matrix.classes; ++c) {
    ClassScores& score = scores[std::size_t(c)];
    for (int other = 0; other < matrix.classes; ++other) {
      score.support += matrix.at(c, other);
      score.predicted += matrix.at(other, c);
    }
    const double hits = static_cast<double>(matrix.at(c, c));
    score.precision = ratio(hits, static_cast<double>(score.predicted));
    score.recall = ratio(hits, static_cast<double>(score.support));
    score.f1 = ratio(2 * hits, static_cast<double>(score.support + score.predicted));
  }
  return scores;
}

Scores scores_of(const ConfusionMatrix& matrix) {
  const std::vector<ClassScores> classes = class_scores_of(matrix);
  const std::int64_t total = matrix.total();
  double hits = 0, recalls = 0, f1s = 0, weighted = 0;
  std::int64_t in_truth = 0;
  std::int64_t in_either = 0;
  for (int c = 0; c < matrix.classes; ++c) {
    const ClassScores& score = classes[std::size_t(c)];
    hits += static_cast<double>(matrix.at(c, c));
    weighted += score.f1 * static_cast<double>(score.support);
    if (score.support > 0) {
      recalls += score.recall;
      ++in_truth;
    }
    if (score.support > 0 || score.predicted > 0) {
      f1s += score.f1;
      ++in_either;
    }
  }
  return {mean(hits, total), mean(recalls, in_truth), mean(f1s, in_either), mean(weighted, total)};
}

}  // namespace mer
