#include "data/exchange/row_order.hpp"

#include <optional>
#include <string_view>
#include <unordered_map>

#include "core/quoting.hpp"

namespace mer::data {
namespace {

Error row_error(const std::string& where, std::size_t row, const std::string& problem) {
  return invalid(where + ": row " + std::to_string(row) + ": " + problem);
}

Status check_no_other(const std::vector<std::optional<std::size_t>>& rows, const std::vector<Utterance>& utterances,
                      const std::string& where) {
  std::vector<std::string> missing;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i]) missing.push_back(utterances[i].id);
  }
  if (missing.empty()) return {};
  return invalid(where + ": no row for " + std::to_string(missing.size()) + " of " + std::to_string(utterances.size()) +
                 " utterances: " + quote_list(missing));
}

}  // namespace

Result<std::vector<std::size_t>> order_by_id(const std::vector<std::string>& ids,
                                             const std::vector<Utterance>& utterances, const std::string& where) {
  std::unordered_map<std::string_view, std::size_t> positions;
  for (std::size_t i = 0; i < utterances.size(); ++i) positions.emplace(utterances[i].id, i);
  std::vector<std::optional<std::size_t>> rows(utterances.size());
  for (std::size_t row = 0; row < ids.size(); ++row) {
    const auto found = positions.find(ids[row]);
    if (found == positions.end()) {
      return row_error(where, row,
                       "the corpus has no utterance " + quote(ids[row]) + "; leave out what it does not have");
    }
    std::optional<std::size_t>& first = rows[found->second];
    if (first) {
      return row_error(where, row,
                       "utterance " + quote(ids[row]) + " stands in row " + std::to_string(*first) + " too");
    }
    first = row;
  }
  MER_TRY(check_no_other(rows, utterances, where));
  std::vector<std::size_t> order;
  for (const std::optional<std::size_t>& row : rows) order.push_back(*row);
  return order;
}

}  // namespace mer::data
