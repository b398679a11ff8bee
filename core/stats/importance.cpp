#include "core/stats/importance.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "core/check.hpp"
#include "core/stats/summary.hpp"

namespace mer::stats {
namespace {

constexpr std::size_t kPerBin = 5;    // configurations in a bin, where there are enough
constexpr double kSameScore = 1e-12;  // further apart than means of equal numbers come out

double sum_of_squares(std::span<const double> scores) {
  const double mean = mean_of(scores);
  double sum = 0;
  for (const double score : scores) sum += (score - mean) * (score - mean);
  return sum;
}

double between_levels(std::span<const double> scores, const std::vector<std::size_t>& levels, std::size_t count) {
  std::vector<std::pair<double, double>> groups(count);  // sum, number
  for (std::size_t i = 0; i < scores.size(); ++i) {
    groups[levels[i]].first += scores[i];
    groups[levels[i]].second += 1;
  }
  const double mean = mean_of(scores);
  double sum = 0;
  for (const auto& [total, number] : groups) sum += number * (total / number - mean) * (total / number - mean);
  return sum;
}

Levels numbered(const std::vector<std::string>& names) {
  std::map<std::string, std::size_t> known;
  Levels levels;
  for (const std::string& name : names) levels.of.push_back(known.try_emplace(name, known.size()).first->second);
  levels.count = known.size();
  return levels;
}

Levels by_value(const KeyValues& values) {
  std::vector<std::string> names;
  for (const KeyValue& value : values) names.push_back(value.text);
  return numbered(names);
}

Levels by_bin(const KeyValues& values) {
  std::vector<double> sorted;
  for (const KeyValue& value : values) {
    if (value.number) sorted.push_back(*value.number);
  }
  std::ranges::sort(sorted);
  const std::size_t bins = std::clamp<std::size_t>(sorted.size() / kPerBin, 2, kMostLevels);
  std::vector<std::string> names;
  for (const KeyValue& value : values) {
    if (!value.number) {
      names.push_back("value " + value.text);
      continue;
    }
    const auto below = std::size_t(std::ranges::lower_bound(sorted, *value.number) - sorted.begin());
    names.push_back("bin " + std::to_string(bins * below / sorted.size()));
  }
  Levels levels = numbered(names);
  levels.binned = true;
  return levels;
}

// Every combination of values of at least two keys, once each.
bool is_grid(const std::vector<Levels>& keys, std::size_t configurations) {
  std::size_t combinations = 1;
  if (std::ranges::count_if(keys, [](const Levels& key) { return key.count > 1; }) < 2) return false;
  for (const Levels& key : keys) {
    combinations *= key.count;
    if (combinations > configurations) return false;
  }
  std::set<std::vector<std::size_t>> seen;
  for (std::size_t i = 0; i < configurations; ++i) {
    std::vector<std::size_t> point;
    for (const Levels& key : keys) point.push_back(key.of[i]);
    seen.insert(std::move(point));
  }
  return combinations == configurations && seen.size() == configurations;
}

Importance importance_of(std::span<const double> scores, const Levels& levels, double total) {
  Importance importance{.levels = levels.count, .binned = levels.binned};
  if (levels.count == 1) {
    importance.why_not = "the complete configurations share one value of it";
    return importance;
  }
  if (levels.count == scores.size()) {
    importance.why_not = "each configuration has a value of its own";
    return importance;
  }
  importance.share = std::clamp(between_levels(scores, levels.of, levels.count) / total, 0.0, 1.0);
  const auto n = double(scores.size());
  importance.adjusted = 1 - (1 - *importance.share) * (n - 1) / (n - double(levels.count));
  return importance;
}

// In a grid the other keys' effects are no noise of this one.
void adjust_in_grid(std::vector<Importance>& keys, std::size_t configurations) {
  double left = 1;
  auto degrees = double(configurations) - 1;
  for (const Importance& key : keys) {
    left -= key.share.value_or(0);
    degrees -= double(key.levels) - 1;
  }
  for (Importance& key : keys) {
    if (key.share) key.adjusted = *key.share - (double(key.levels) - 1) * std::max(0.0, left) / degrees;
  }
}

std::vector<Interaction> interactions_of(std::span<const double> scores, const std::vector<Levels>& keys,
                                         const std::vector<Importance>& alone, double total) {
  std::vector<Interaction> interactions;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    for (std::size_t j = i + 1; j < keys.size(); ++j) {
      if (!alone[i].share || !alone[j].share) continue;
      std::vector<std::size_t> joint;
      for (std::size_t at = 0; at < scores.size(); ++at)
        joint.push_back(keys[i].of[at] * keys[j].count + keys[j].of[at]);
      const double both = between_levels(scores, joint, keys[i].count * keys[j].count) / total;
      interactions.push_back({i, j, std::max(0.0, both - *alone[i].share - *alone[j].share)});
    }
  }
  return interactions;
}

}  // namespace

Levels levels_of(const KeyValues& values) {
  Levels levels = by_value(values);
  const bool many = levels.count > kMostLevels || 2 * levels.count > values.size();
  const auto numbers = std::ranges::count_if(values, [](const KeyValue& value) { return value.number.has_value(); });
  return many && numbers > 1 ? by_bin(values) : levels;
}

Importances importances(std::span<const double> scores, const std::vector<KeyValues>& keys) {
  Importances found;
  if (scores.size() < kFewestConfigurations) {
    found.why_not = "importance needs at least " + std::to_string(kFewestConfigurations) +
                    " configurations with every result; there are " + std::to_string(scores.size());
    return found;
  }
  const auto [low, high] = std::ranges::minmax(scores);
  const double total = sum_of_squares(scores);
  if (high - low <= kSameScore) {
    found.why_not = "every configuration has the same mean: there is no variance to explain";
    return found;
  }
  std::vector<Levels> exact;
  for (const KeyValues& key : keys) {
    MER_CHECK(key.size() == scores.size(), "each key has a value in each configuration");
    exact.push_back(by_value(key));
  }
  found.grid = is_grid(exact, scores.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    found.keys.push_back(importance_of(scores, found.grid ? exact[i] : levels_of(keys[i]), total));
  }
  if (found.grid) {
    adjust_in_grid(found.keys, scores.size());
    found.interactions = interactions_of(scores, exact, found.keys, total);
  }
  return found;
}

}  // namespace mer::stats
