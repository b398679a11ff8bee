#include "data/corpus_summary.hpp"

#include <algorithm>
#include <numeric>

#include "core/json.hpp"
#include "data/corpus_facts.hpp"
#include "data/feature_summary.hpp"
#include "data/median.hpp"

namespace mer::data {
namespace {

using nlohmann::ordered_json;

ordered_json seconds_json(std::vector<double> seconds) {
  std::ranges::sort(seconds);
  const double total = std::accumulate(seconds.begin(), seconds.end(), 0.0);
  return {{"total", total},
          {"shortest", seconds.front()},
          {"median", median_of(seconds)},
          {"mean", total / double(seconds.size())},
          {"longest", seconds.back()}};
}

ordered_json spread_json(const ColumnSpread& spread) {
  return {{"least", spread.least}, {"median", spread.median}, {"most", spread.most}};
}

ordered_json features_json(const Corpus& corpus, const FeatureMatrix& features) {
  const FeatureSummary summary = summarise_features(features);
  ordered_json first = ordered_json::array();
  for (const Outlier& outlier : summary.first_outliers) {
    first.push_back({{"utterance", corpus.utterances[outlier.row].id},
                     {"column", outlier.column},
                     {"value", outlier.value},
                     {"z", outlier.z}});
  }
  return {{"dim", features.dim},
          {"range", {summary.least, summary.most}},
          {"column_means", spread_json(summary.means)},
          {"column_sds", spread_json(summary.sds)},
          {"zero_columns", summary.zero_columns},
          {"constant_columns", summary.constant_columns},
          {"outliers", {{"z", kOutlierZ}, {"count", summary.outliers}, {"first", first}}}};
}

}  // namespace

std::string corpus_summary(const Corpus& corpus) {
  ordered_json summary = ordered_json::parse(corpus_facts(corpus));
  if (!corpus.seconds.empty()) summary["seconds"] = seconds_json(corpus.seconds);
  ordered_json features = ordered_json::object();
  for (const FeatureMatrix& matrix : corpus.features) features[matrix.modality] = features_json(corpus, matrix);
  summary["features"] = features;
  return summary.dump();
}

}  // namespace mer::data
