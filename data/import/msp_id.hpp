// Turns of MSP-IMPROV: MSP-IMPROV-S01A-F01-S-FM01 is a turn of speaker F01 (session 1) in group S (other improvised)
// of the scene S01A (sentence 01, target emotion A), led by the woman (FM); 01 counts the speaker's own turns.
//
// Threads: pure functions. Errors: nothing where a name is none of these.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mer::data {

struct MspTurn {
  std::string id;     // begins with MSP-
  std::string scene;  // S01A
  std::string speaker;
  int session = 0;   // 1 to 6
  char group = 0;    // R target read, T target improvised, S other improvised, P natural
  std::string pair;  // FM, MF, FF or MM: who leads comes first
  int number = 0;
  bool utd_prefix = false;  // UTD-, as in the evaluation file

  bool leads() const { return speaker.front() == pair.front(); }
  // Turns of one scene, group, lead and session; those of different groups are numbered apart.
  std::string dialogue() const;
};
std::optional<MspTurn> msp_turn(std::string_view name);

// The order in which they were spoken: by number, the lead's first.
bool spoken_before(const MspTurn& a, const MspTurn& b);

}  // namespace mer::data
