#include "core/records.hpp"

#include "core/enum_names.hpp"

namespace mer {

const char* name_of(Split split) {
  return enum_name(split);
}
std::optional<Split> split_from(const std::string& name) {
  return enum_from<Split>(name);
}

const char* name_of(SelectionRule rule) {
  return enum_name(rule);
}
std::optional<SelectionRule> selection_rule_from(const std::string& name) {
  return enum_from<SelectionRule>(name);
}

const char* name_of(Metric metric) {
  return enum_name(metric);
}
std::optional<Metric> metric_from(const std::string& name) {
  return enum_from<Metric>(name);
}

double value_of(const Scores& scores, Metric metric) {
  switch (metric) {
    case Metric::wa: return scores.wa;
    case Metric::ua: return scores.ua;
    case Metric::macro_f1: return scores.macro_f1;
    case Metric::weighted_f1: return scores.weighted_f1;
  }
  return scores.wa;
}

const char* name_of(Failure::Kind kind) {
  return enum_name(kind);
}

}  // namespace mer
