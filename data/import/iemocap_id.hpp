// Names of IEMOCAP: dialogue Ses01F_impro01 or Ses01F_script01_1b, turn Ses01F_impro01_M003 or Ses01F_impro01_MXX0.
//
// Threads: pure functions. Errors: nothing where a name is none of these.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mer::data {

struct IemocapDialogueId {
  std::string id;
  int session = 0;  // 1 to 5
  bool improvised = false;
};
std::optional<IemocapDialogueId> iemocap_dialogue(std::string_view name);

struct IemocapTurnId {
  IemocapDialogueId dialogue;
  std::string speaker;    // Ses01M: who speaks, whoever wears the markers
  bool numbered = false;  // false: XX0
};
std::optional<IemocapTurnId> iemocap_turn(std::string_view name);

}  // namespace mer::data
