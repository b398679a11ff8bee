// What stands in a feature matrix, column by column: enough to see that features are what they should be.
//
// Threads: a pure function; memory grows with the columns, not with the rows.
#pragma once

#include <cstddef>
#include <vector>

#include "data/corpus.hpp"

namespace mer::data {

constexpr double kOutlierZ = 10;           // an outlier is more standard deviations from its column's mean
constexpr std::size_t kOutliersKept = 10;  // of each matrix, the first

struct Outlier {
  std::size_t row = 0;
  int column = 0;
  float value = 0;
  double z = 0;
};

struct ColumnSpread {
  double least = 0, median = 0, most = 0;
};

struct FeatureSummary {
  float least = 0, most = 0;  // of all values
  ColumnSpread means, sds;    // over the columns; sd is that of the population
  std::vector<int> zero_columns;
  std::vector<int> constant_columns;  // of another value
  std::size_t outliers = 0;
  std::vector<Outlier> first_outliers;
};

// REQUIRES: finite values, at least one row and one column.
FeatureSummary summarise_features(const FeatureMatrix& features);

}  // namespace mer::data
