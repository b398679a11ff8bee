#include "cli/reproduction.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "web/api.hpp"

namespace mer::cli {
namespace {

using Numbers = std::vector<std::pair<std::string, std::optional<double>>>;
using Rows = std::map<int, const EpochRow*>;  // by epoch

constexpr double kInfinity = std::numeric_limits<double>::infinity();

bool same_bits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b) || (std::isnan(a) && std::isnan(b));
}

bool same_bits(float a, float b) {
  return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b) || (std::isnan(a) && std::isnan(b));
}

bool same_bits(const std::optional<double>& a, const std::optional<double>& b) {
  return a.has_value() == b.has_value() && (!a || same_bits(*a, *b));
}

double distance(const std::optional<double>& a, const std::optional<double>& b) {
  if (!a || !b) return kInfinity;
  const double difference = std::abs(*a - *b);
  return std::isnan(difference) ? kInfinity : difference;
}

// Utterances that one matrix counts in another cell than the other does.
std::int64_t moved(const ConfusionMatrix& a, const ConfusionMatrix& b) {
  if (a.classes != b.classes) return std::max(a.total(), b.total());
  std::int64_t more = 0, less = 0;
  for (std::size_t i = 0; i < a.counts.size(); ++i) {
    const std::int64_t difference = a.counts[i] - b.counts[i];
    (difference > 0 ? more : less) += std::abs(difference);
  }
  return std::max(more, less);
}

std::int64_t right_of(const ConfusionMatrix& matrix) {
  std::int64_t right = 0;
  for (int i = 0; i < matrix.classes; ++i) right += matrix.at(i, i);
  return right;
}

// Every number of a row but its confusion matrix.
Numbers numbers_of(const EpochRow& row) {
  Numbers numbers = {{"utterances", double(row.utterances)}};
  for (const std::string& name : web::quantity_names()) numbers.emplace_back(name, web::quantity_from(name)->of(row));
  const auto& by_modality = row.losses.auxiliary_by_modality;
  for (std::size_t i = 0; i < by_modality.size(); ++i) {
    numbers.emplace_back("loss.auxiliary." + std::to_string(i + 1), by_modality[i]);
  }
  numbers.emplace_back("gradient_norm", row.gradient_norm);
  numbers.emplace_back("learning_rate", row.learning_rate);
  return numbers;
}

std::optional<double> number_named(const Numbers& numbers, const std::string& name) {
  const auto found = std::ranges::find(numbers, name, &Numbers::value_type::first);
  return found == numbers.end() ? std::nullopt : found->second;
}

// Collects what differs in one part, epoch by epoch.
class PartDifferences {
 public:
  explicit PartDifferences(Split split) : split_(split) {}

  void add(const EpochRow& recorded, const EpochRow& again) {
    const Numbers before = numbers_of(recorded), now = numbers_of(again);
    for (const auto& [name, value] : before) note(name, recorded.epoch, value, number_named(now, name));
    for (const auto& [name, value] : now) {
      if (std::ranges::find(before, name, &Numbers::value_type::first) == before.end()) {
        note(name, recorded.epoch, std::nullopt, value);
      }
    }
    if (recorded.confusion == again.confusion) return;
    note_difference("confusion", recorded.epoch, double(right_of(recorded.confusion)),
                    double(right_of(again.confusion)), double(moved(recorded.confusion, again.confusion)));
  }

  std::vector<CurveDifference> take() { return std::move(found_); }

 private:
  void note(const std::string& name, int epoch, const std::optional<double>& recorded,
            const std::optional<double>& again) {
    if (!same_bits(recorded, again)) note_difference(name, epoch, recorded, again, distance(recorded, again));
  }

  void note_difference(const std::string& name, int epoch, const std::optional<double>& recorded,
                       const std::optional<double>& again, double by) {
    auto entry = std::ranges::find(found_, name, &CurveDifference::quantity);
    if (entry == found_.end()) {
      found_.push_back({split_, name, 0, epoch, recorded, again, 0});
      entry = found_.end() - 1;
    }
    ++entry->epochs;
    entry->largest = std::max(entry->largest, by);
  }

  const Split split_;
  std::vector<CurveDifference> found_;
};

Rows rows_of(const TrialRun& run, Split split) {
  Rows rows;
  for (const EpochRow& row : run.curve) {
    if (row.split == split) rows[row.epoch] = &row;
  }
  return rows;
}

void compare_part(Split split, const TrialRun& recorded, const TrialRun& again, Comparison& comparison) {
  const Rows before = rows_of(recorded, split), now = rows_of(again, split);
  if (before.empty() && now.empty()) return;
  PartComparison part{split, int(before.size()), int(now.size()), std::nullopt};
  std::set<int> epochs;
  for (const Rows& rows : {before, now}) {
    for (const auto& [epoch, row] : rows) epochs.insert(epoch);
  }
  PartDifferences differences(split);
  for (const int epoch : epochs) {
    if (before.contains(epoch) && now.contains(epoch)) {
      differences.add(*before.at(epoch), *now.at(epoch));
    } else if (!part.first_gone) {
      part.first_gone = epoch;
    }
  }
  comparison.parts.push_back(part);
  for (CurveDifference& difference : differences.take()) comparison.curve.push_back(std::move(difference));
}

const Selected* selected_under(const TrialRun& run, SelectionRule rule, Metric metric) {
  if (!run.result) return nullptr;
  for (const Selected& selected : run.result->selected) {
    if (selected.rule == rule && selected.metric == metric) return &selected;
  }
  return nullptr;
}

double largest_distance(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size()) return kInfinity;
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!same_bits(a[i], b[i])) largest = std::max(largest, distance(double(a[i]), double(b[i])));
  }
  return largest;
}

bool same_probabilities(const std::vector<float>& a, const std::vector<float>& b) {
  return std::ranges::equal(a, b, [](float x, float y) { return same_bits(x, y); });
}

SelectionComparison::Side side_of(const Selected* selected, Metric metric) {
  if (selected == nullptr) return {};
  return {selected->epoch, value_of(scores_of(selected->confusion), metric)};
}

SelectionComparison compare_selection(const Selected* recorded, const Selected* again, SelectionRule rule,
                                      Metric metric) {
  SelectionComparison comparison{rule, metric, side_of(recorded, metric), side_of(again, metric), 0, 0, false};
  if (recorded == nullptr || again == nullptr) return comparison;
  comparison.utterances = moved(recorded->confusion, again->confusion);
  comparison.probability = largest_distance(recorded->probabilities, again->probabilities);
  comparison.same = recorded->epoch == again->epoch && recorded->confusion == again->confusion &&
                    same_probabilities(recorded->probabilities, again->probabilities);
  return comparison;
}

std::string number_text(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2g", value);
  return text.data();
}

std::string by_text(const CurveDifference& difference) {
  if (std::isinf(difference.largest)) return "has no comparable number";
  return "by " + number_text(difference.largest) + " at most";
}

// What else than the curve differs.
std::string other_differences(const Comparison& comparison) {
  std::string text = comparison.recorded_weights == comparison.again_weights ? "" : "the final weights";
  const auto selections = std::ranges::count(comparison.selections, false, &SelectionComparison::same);
  if (selections > 0) {
    text += (text.empty() ? "" : " and ") + std::to_string(selections) + " of " +
            std::to_string(comparison.selections.size()) + " selections";
  }
  return text;
}

}  // namespace

bool Comparison::identical() const {
  return recorded_weights == again_weights && !recorded_weights.empty() && !first_epoch() &&
         std::ranges::all_of(selections, &SelectionComparison::same);
}

std::optional<int> Comparison::first_epoch() const {
  std::optional<int> first;
  const auto take = [&first](int epoch) { first = std::min(first.value_or(epoch), epoch); };
  for (const CurveDifference& difference : curve) take(difference.first);
  for (const PartComparison& part : parts) {
    if (part.first_gone) take(*part.first_gone);
  }
  return first;
}

Comparison compare(const TrialRun& recorded, const TrialRun& again) {
  Comparison comparison;
  if (recorded.result) comparison.recorded_weights = recorded.result->weights_sha256;
  if (again.result) comparison.again_weights = again.result->weights_sha256;
  std::set<std::pair<SelectionRule, Metric>> rules;
  for (const TrialRun* run : {&recorded, &again}) {
    if (!run->result) continue;
    for (const Selected& selected : run->result->selected) rules.emplace(selected.rule, selected.metric);
  }
  for (const auto& [rule, metric] : rules) {
    comparison.selections.push_back(
        compare_selection(selected_under(recorded, rule, metric), selected_under(again, rule, metric), rule, metric));
  }
  for (const Split split : {Split::train, Split::validation, Split::test}) {
    compare_part(split, recorded, again, comparison);
  }
  if (!again.environments.empty()) {
    comparison.environment = differences_of(recorded.environments, again.environments.back());
  }
  return comparison;
}

std::string verdict_of(const Comparison& comparison) {
  if (comparison.identical()) return "identical, bit for bit";
  const std::string others = other_differences(comparison);
  const std::optional<int> first = comparison.first_epoch();
  if (!first) return "different: " + others + ", though every epoch has the same numbers";
  std::string text = "different from epoch " + std::to_string(*first) + " on: ";
  const auto begins_it = [&](const CurveDifference& difference) { return difference.first == *first; };
  const auto found = std::ranges::find_if(comparison.curve, begins_it);
  if (found == comparison.curve.end()) {
    text += "only one run has that epoch";
  } else {
    text += std::string(name_of(found->split)) + ' ' + found->quantity + ' ' + by_text(*found);
    const auto more = comparison.curve.size() - 1;
    if (more > 0) text += ", and " + std::to_string(more) + (more == 1 ? " more quantity" : " more quantities");
  }
  return text + (others.empty() ? "; the final weights are the same" : "; " + others);
}

}  // namespace mer::cli
