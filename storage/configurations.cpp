#include "storage/configurations.hpp"

#include <algorithm>
#include <charconv>

#include "core/nearest.hpp"
#include "core/quoting.hpp"
#include "storage/table_json.hpp"

namespace mer::storage {
namespace {

using Keys = std::vector<std::string>;

constexpr std::size_t kShortestPrefix = 4;

// "alpha=0.1 beta=1"; a key keeps its section where two sections have one of that name.
std::string label_of(const SweepDetail& detail, const ConfigurationRow& configuration, const Keys& keys) {
  const auto last_part = [](const std::string& key) { return key.substr(key.rfind('.') + 1); };
  std::string label;
  for (const auto& [key, value] : configuration.differing) {
    const auto twins = std::count_if(keys.begin(), keys.end(), [&, &key = key](const std::string& other) {
      return last_part(other) == last_part(key);
    });
    if (!label.empty()) label += ' ';
    label += (twins > 1 ? key : last_part(key)) + '=' + text_of_json(value);
  }
  return label.empty() ? detail.summary.name : label;
}

}  // namespace

std::vector<std::string> differing_keys(const SweepDetail& detail) {
  Keys keys;
  for (const ConfigurationRow& configuration : detail.configurations) {
    for (const auto& [key, value] : configuration.differing) {
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
    }
  }
  return keys;
}

std::vector<std::string> configuration_labels(const SweepDetail& detail) {
  const Keys keys = differing_keys(detail);
  std::vector<std::string> labels;
  for (const ConfigurationRow& configuration : detail.configurations) {
    labels.push_back(label_of(detail, configuration, keys));
  }
  return labels;
}

Result<std::size_t> find_configuration(const SweepDetail& detail, const std::string& name) {
  const Keys labels = configuration_labels(detail);
  if (const auto label = std::ranges::find(labels, name); label != labels.end()) {
    return std::size_t(label - labels.begin());
  }
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  const bool whole = error == std::errc() && end == name.data() + name.size();
  if (whole && number >= 1 && number <= labels.size()) return number - 1;
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < labels.size() && name.size() >= kShortestPrefix; ++i) {
    if (detail.configurations[i].id.hex.starts_with(name)) found.push_back(i);
  }
  if (found.size() == 1) return found.front();
  if (found.size() > 1) return invalid(quote(name) + " begins the ids of several configurations: give more digits");
  return Error{ErrorCode::not_found,
               "the sweep has no configuration " + quote(name) + did_you_mean(name, labels) +
                   "; name one by its number, its id, or as the table does: " + quote_list(labels)};
}

const Aggregate& aggregate_for(const ResultRow& row, Metric metric) {
  switch (metric) {
    case Metric::wa: return row.wa;
    case Metric::ua: return row.ua;
    case Metric::macro_f1: return row.macro_f1;
    case Metric::weighted_f1: return row.weighted_f1;
  }
  return row.macro_f1;
}

std::optional<double> best_mean(const std::vector<ResultRow>& rows, Metric metric) {
  std::optional<double> best;
  std::size_t means = 0;
  for (const ResultRow& row : rows) {
    const std::optional<double>& mean = aggregate_for(row, metric).mean;
    if (!mean) continue;
    ++means;
    best = std::max(best.value_or(*mean), *mean);
  }
  return means > 1 ? best : std::nullopt;
}

bool has_validation_part(const SweepDetail& sweep) {
  return std::ranges::any_of(sweep.folds, [](const FoldRecord& fold) { return fold.validation > 0; });
}

}  // namespace mer::storage
