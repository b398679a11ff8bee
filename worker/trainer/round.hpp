// Round: what happens between two steps: in a gang, the same in every member, as its leader says.
//
// Threads: one. Errors: internal: what came from the leader is no round.
#pragma once

#include <optional>
#include <vector>

#include "core/gang.hpp"
#include "core/messages.hpp"
#include "core/result.hpp"

namespace mer::trainer {

struct Round {
  std::vector<TrialJob> joining;
  std::optional<StopTrials> stops;
  std::optional<int> trials;  // to train at once from now on
  bool ends = false;          // there is nothing to do and nothing more comes

  bool operator==(const Round&) const = default;
};

// The leader's on every member. No gang: `own`.
Result<Round> leaders_round(Gang* gang, const Round& own);

}  // namespace mer::trainer
