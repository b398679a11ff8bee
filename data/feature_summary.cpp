#include "data/feature_summary.hpp"

#include <algorithm>
#include <cmath>

#include "data/median.hpp"

namespace mer::data {
namespace {

struct Column {
  float least = 0, most = 0;
  double mean = 0, sd = 0;

  bool is_constant() const { return least == most; }
};

std::size_t rows_of(const FeatureMatrix& features) {
  return features.values.size() / std::size_t(features.dim);
}

// Two passes over the rows: the sum of squares about the mean, not about zero, which would cancel.
std::vector<Column> columns_of(const FeatureMatrix& features) {
  const std::size_t rows = rows_of(features);
  std::vector<Column> columns(std::size_t(features.dim));
  for (std::size_t c = 0; c < columns.size(); ++c) columns[c].least = columns[c].most = features.values[c];
  for (std::size_t row = 0; row < rows; ++row) {
    const std::span<const float> values = features.row(row);
    for (std::size_t c = 0; c < columns.size(); ++c) {
      columns[c].least = std::min(columns[c].least, values[c]);
      columns[c].most = std::max(columns[c].most, values[c]);
      columns[c].mean += double(values[c]);
    }
  }
  for (Column& column : columns) column.mean /= double(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    const std::span<const float> values = features.row(row);
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const double deviation = double(values[c]) - columns[c].mean;
      columns[c].sd += deviation * deviation;
    }
  }
  for (Column& column : columns) column.sd = std::sqrt(column.sd / double(rows));
  return columns;
}

ColumnSpread spread_of(std::vector<double> values) {
  std::ranges::sort(values);
  return {values.front(), median_of(values), values.back()};
}

void find_outliers(const FeatureMatrix& features, const std::vector<Column>& columns, FeatureSummary& summary) {
  for (std::size_t row = 0; row < rows_of(features); ++row) {
    const std::span<const float> values = features.row(row);
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const double deviation = double(values[c]) - columns[c].mean;
      if (columns[c].is_constant() || std::abs(deviation) <= kOutlierZ * columns[c].sd) continue;
      ++summary.outliers;
      if (summary.first_outliers.size() == kOutliersKept) continue;
      summary.first_outliers.push_back({row, int(c), values[c], deviation / columns[c].sd});
    }
  }
}

}  // namespace

FeatureSummary summarise_features(const FeatureMatrix& features) {
  const std::vector<Column> columns = columns_of(features);
  FeatureSummary summary;
  summary.least = columns.front().least;
  summary.most = columns.front().most;
  std::vector<double> means, sds;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const Column& column = columns[c];
    summary.least = std::min(summary.least, column.least);
    summary.most = std::max(summary.most, column.most);
    means.push_back(column.mean);
    sds.push_back(column.is_constant() ? 0 : column.sd);
    if (!column.is_constant()) continue;
    (column.least == 0 ? summary.zero_columns : summary.constant_columns).push_back(int(c));
  }
  summary.means = spread_of(std::move(means));
  summary.sds = spread_of(std::move(sds));
  find_outliers(features, columns, summary);
  return summary;
}

}  // namespace mer::data
