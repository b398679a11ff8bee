// Which row of another tool's matrix belongs to which utterance.
//
// Threads: pure functions. Errors: invalid, naming row and utterance.
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"
#include "data/corpus.hpp"

namespace mer::data {

// For each utterance the row whose id is its own. `where` begins every message. Error: an id that no utterance has, or
// that stands twice; an utterance without a row.
Result<std::vector<std::size_t>> order_by_id(const std::vector<std::string>& ids,
                                             const std::vector<Utterance>& utterances, const std::string& where);

}  // namespace mer::data
