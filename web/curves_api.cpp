// The part of web/api.hpp about learning curves of whole sweeps.
#include <algorithm>
#include <cmath>
#include <map>
#include <span>
#include <utility>

#include "core/json.hpp"
#include "web/api.hpp"
#include "web/json_values.hpp"

namespace mer::web {
namespace {

using Json = nlohmann::ordered_json;
using storage::ResultReader;
using Loss = std::optional<double> (*)(const LossComponents&);

const std::pair<const char*, Loss> kLosses[] = {
    {"loss.total", [](const LossComponents& l) { return std::optional(l.total); }},
    {"loss.task", [](const LossComponents& l) { return std::optional(l.task); }},
    {"loss.auxiliary", [](const LossComponents& l) { return l.auxiliary; }},
    {"loss.subspace", [](const LossComponents& l) { return l.subspace; }},
    {"loss.similarity", [](const LossComponents& l) { return l.similarity; }},
    {"loss.difference", [](const LossComponents& l) { return l.difference; }},
    {"loss.reconstruction", [](const LossComponents& l) { return l.reconstruction; }},
    {"loss.cycle", [](const LossComponents& l) { return l.cycle; }},
};

using Series = std::map<int, std::optional<double>>;  // epoch -> value

struct TrialSeries {
  const storage::TrialRow* trial = nullptr;
  Series values;
};

struct Point {
  std::optional<double> mean, sd;
  int n = 0;
};

double mean_of(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

std::optional<double> sd_of(std::span<const double> values) {
  if (values.size() < 2) return std::nullopt;
  const double mean = mean_of(values);
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

// The rule of storage::Aggregate, at one epoch.
Point point_at(int epoch, const std::vector<TrialSeries>& group) {
  std::map<int, std::vector<double>> by_fold;
  std::map<int, std::size_t> expected;
  for (const TrialSeries& series : group) {
    ++expected[series.trial->fold];
    const auto found = series.values.find(epoch);
    if (found != series.values.end() && found->second && std::isfinite(*found->second)) {
      by_fold[series.trial->fold].push_back(*found->second);
    }
  }
  std::vector<double> units;
  if (expected.size() == 1) {
    if (!by_fold.empty()) units = by_fold.begin()->second;
  } else {
    for (const auto& [fold, values] : by_fold) {
      if (values.size() == expected[fold]) units.push_back(mean_of(values));
    }
  }
  const std::size_t all = expected.size() == 1 ? group.size() : expected.size();
  Point point;
  point.n = static_cast<int>(units.size());
  if (units.size() == all) {
    point.mean = mean_of(units);
    point.sd = sd_of(units);
  }
  return point;
}

Json series_value(const TrialSeries& series) {
  Json epochs = Json::array();
  Json values = Json::array();
  for (const auto& [epoch, value] : series.values) {
    epochs.push_back(epoch);
    values.push_back(number(value));
  }
  return {{"trial", series.trial->id.hex},         {"fold", series.trial->fold},  {"seed", series.trial->seed},
          {"state", name_of(series.trial->state)}, {"epochs", std::move(epochs)}, {"values", std::move(values)}};
}

Json group_value(int configuration, const std::vector<TrialSeries>& group) {
  std::map<int, int> folds;
  std::map<int, Point> points;
  for (const TrialSeries& series : group) {
    ++folds[series.trial->fold];
    for (const auto& [epoch, value] : series.values) points.try_emplace(epoch);
  }
  Json value = {{"configuration", configuration},
                {"over", folds.size() == 1 ? "seeds" : "folds"},
                {"expected_n", folds.size() == 1 ? group.size() : folds.size()}};
  for (const char* key : {"epochs", "mean", "sd", "n", "series"}) value[key] = Json::array();
  for (auto& [epoch, point] : points) {
    point = point_at(epoch, group);
    value["epochs"].push_back(epoch);
    value["mean"].push_back(number(point.mean));
    value["sd"].push_back(number(point.sd));
    value["n"].push_back(point.n);
  }
  for (const TrialSeries& series : group) value["series"].push_back(series_value(series));
  return value;
}

}  // namespace

const std::vector<std::string>& quantity_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const Metric metric : {Metric::wa, Metric::ua, Metric::macro_f1, Metric::weighted_f1}) {
      list.emplace_back(name_of(metric));
    }
    for (const auto& [name, loss] : kLosses) list.emplace_back(name);
    return list;
  }();
  return names;
}

std::optional<Quantity> quantity_from(const std::string& name) {
  const auto& names = quantity_names();
  if (std::find(names.begin(), names.end(), name) == names.end()) return std::nullopt;
  return Quantity{name};
}

std::optional<double> Quantity::of(const EpochRow& row) const {
  if (const auto metric = metric_from(name)) return value_of(scores_of(row.confusion), *metric);
  for (const auto& [loss_name, loss] : kLosses) {
    if (name == loss_name) return loss(row.losses);
  }
  return std::nullopt;
}

Result<std::string> sweep_curves_json(ResultReader& reader, SweepId id, const CurvesQuery& query) {
  MER_ASSIGN(const auto trials, reader.trials(id, query.configurations));
  std::map<int, std::vector<TrialSeries>> groups;
  for (const storage::TrialRow& trial : trials) groups[trial.configuration];
  for (const int wanted : query.configurations) {
    if (!groups.contains(wanted)) {
      return Error{ErrorCode::not_found, "sweep " + std::to_string(id.number) + " has no configuration " +
                                             std::to_string(wanted) + "; they are numbered from 0"};
    }
  }
  for (const storage::TrialRow& trial : trials) {
    MER_ASSIGN(const auto rows, reader.curve(trial.id, query.split));
    TrialSeries series{&trial, {}};
    for (const EpochRow& row : rows) series.values[row.epoch] = query.quantity.of(row);
    groups[trial.configuration].push_back(std::move(series));
  }
  Json answer = envelope();
  answer["sweep"] = id.number;
  answer["split"] = name_of(query.split);
  answer["metric"] = query.quantity.name;
  answer["configurations"] = Json::array();
  for (const auto& [configuration, group] : groups) {
    answer["configurations"].push_back(group_value(configuration, group));
  }
  return text_of(answer);
}

}  // namespace mer::web
