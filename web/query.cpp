#include "web/query.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace mer::web {

Result<std::int64_t> count_asked(const Query& query, const std::string& key) {
  const std::string text = value_of(query, key);
  if (text.empty()) return 0;
  if (const auto count = whole_number(text)) return *count;
  return invalid("query parameter " + key + ": expected a whole number");
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

std::string value_of(const Query& query, const std::string& key) {
  const auto given = query.find(key);
  return given == query.end() ? std::string() : given->second;
}

Result<std::vector<int>> positions(const Query& query) {
  std::vector<int> list;
  const auto given = query.find("configurations");
  if (given == query.end()) return list;
  std::string_view rest = given->second;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    const auto position = whole_number(rest.substr(0, end));
    if (!position || *position > 1'000'000) return invalid("query parameter configurations: expected e.g. 0,1,2");
    list.push_back(static_cast<int>(*position));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return list;
}

Result<Page> page_asked(const Query& query) {
  Page page;
  MER_ASSIGN(page.offset, count_asked(query, "offset"));
  MER_ASSIGN(page.limit, count_asked(query, "limit"));
  return page;
}

Result<EpochChoice> epoch_asked(const storage::SweepDetail& sweep, const Query& query) {
  EpochChoice epoch;
  MER_ASSIGN(epoch.rule,
             choice<SelectionRule>(query, "rule", selection_rule_from, name_of(sweep.select.epoch), kRules));
  MER_ASSIGN(epoch.metric, choice<Metric>(query, "metric", metric_from, name_of(sweep.select.metric), kMetrics));
  return epoch;
}

}  // namespace mer::web
