// The values of a request's query, as the API's calls take them.
//
// Threads: pure functions. Errors: invalid, which names the parameter and what was expected.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/records.hpp"
#include "core/result.hpp"
#include "storage/result_store.hpp"
#include "web/analysis_api.hpp"
#include "web/page.hpp"

namespace mer::web {

using Query = std::map<std::string, std::string>;

// The words that parameters take, as errors and the API's document list them.
constexpr const char* kRules = "last, best-validation, best-test";
constexpr const char* kMetrics = "wa, ua, macro_f1, weighted_f1";
constexpr const char* kQuantities =
    "wa, ua, macro_f1, weighted_f1, loss.total, loss.task, loss.auxiliary, loss.subspace, loss.similarity, "
    "loss.difference, loss.reconstruction, loss.cycle";
constexpr const char* kSplits = "train, validation, test";
constexpr const char* kStates = "pending, running, done, failed, diverged, cancelled";

std::optional<std::int64_t> whole_number(std::string_view text);

// Empty: it is not given.
std::string value_of(const Query& query, const std::string& key);

// A whole number, 0 when it is not given.
Result<std::int64_t> count_asked(const Query& query, const std::string& key);

// The query's value under `key` as `from` reads it, else `fallback`.
template <class T>
Result<T> choice(const Query& query, const std::string& key, std::optional<T> (*from)(const std::string&),
                 const std::string& fallback, const std::string& allowed) {
  const auto given = query.find(key);
  if (const std::optional<T> value = from(given == query.end() ? fallback : given->second)) return *value;
  return invalid("query parameter " + key + ": expected one of " + allowed);
}

// A query's optional word; empty: it is not given.
template <class T>
Result<std::optional<T>> optional_choice(const Query& query, const std::string& key,
                                         std::optional<T> (*from)(const std::string&), const std::string& allowed) {
  if (value_of(query, key).empty()) return std::optional<T>();
  MER_ASSIGN(const T value, choice<T>(query, key, from, "", allowed));
  return std::optional<T>(value);
}

// Of `configurations`: "0,2".
Result<std::vector<int>> positions(const Query& query);
// Of `offset` and `limit`.
Result<Page> page_asked(const Query& query);
// Of `rule` and `metric`; by default the sweep's own.
Result<EpochChoice> epoch_asked(const storage::SweepDetail& sweep, const Query& query);

}  // namespace mer::web
