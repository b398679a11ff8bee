#include "data/import/iemocap_id.hpp"

#include "data/import/text_scanner.hpp"

namespace mer::data {

std::optional<IemocapDialogueId> iemocap_dialogue(std::string_view name) {
  TextScanner scanner(name);
  if (!scanner.take("Ses")) return std::nullopt;
  const std::optional<int> session = scanner.take_digits(2);
  if (!session || *session < 1 || *session > 5 || !scanner.take_any("FM") || !scanner.take("_")) return std::nullopt;
  const bool improvised = scanner.take("impro");
  if (!improvised && !scanner.take("script")) return std::nullopt;
  if (!scanner.take_digits(2)) return std::nullopt;
  if (!improvised && (!scanner.take("_") || !scanner.take_digits(1))) return std::nullopt;
  scanner.take_any("abcdefgh");
  if (!scanner.done()) return std::nullopt;
  return IemocapDialogueId{std::string(name), *session, improvised};
}

std::optional<IemocapTurnId> iemocap_turn(std::string_view name) {
  const std::size_t underscore = name.rfind('_');
  if (underscore == std::string_view::npos) return std::nullopt;
  std::optional<IemocapDialogueId> dialogue = iemocap_dialogue(name.substr(0, underscore));
  if (!dialogue) return std::nullopt;
  TextScanner scanner(name.substr(underscore + 1));
  const std::optional<char> speaker = scanner.take_any("FM");
  if (!speaker) return std::nullopt;
  const bool numbered = !scanner.take("XX");
  if (!scanner.take_digits(numbered ? 3 : 0) || !scanner.done()) return std::nullopt;
  return IemocapTurnId{*dialogue, "Ses0" + std::to_string(dialogue->session) + *speaker, numbered};
}

}  // namespace mer::data
