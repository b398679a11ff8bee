#include "data/import/msp_id.hpp"

#include <tuple>

#include "data/import/text_scanner.hpp"

namespace mer::data {

std::string MspTurn::dialogue() const {
  return scene + "-0" + std::to_string(session) + "-" + group + "-" + pair;
}

std::optional<MspTurn> msp_turn(std::string_view name) {
  TextScanner scanner(name);
  MspTurn turn;
  turn.utd_prefix = scanner.take("UTD-");
  if (!turn.utd_prefix && !scanner.take("MSP-")) return std::nullopt;
  turn.id = "MSP-" + std::string(scanner.rest());
  if (!scanner.take("IMPROV-")) return std::nullopt;

  turn.scene = std::string(scanner.rest().substr(0, 4));
  const bool scene = scanner.take("S") && scanner.take_digits(2) && scanner.take_any("AHSN") && scanner.take("-");
  turn.speaker = std::string(scanner.rest().substr(0, 3));
  const std::optional<int> session = scene && scanner.take_any("FM") ? scanner.take_digits(2) : std::nullopt;
  if (!session || *session < 1 || *session > 6 || !scanner.take("-")) return std::nullopt;
  turn.session = *session;

  const std::optional<char> group = scanner.take_any("RTSP");
  if (!group || !scanner.take("-")) return std::nullopt;
  turn.group = *group;
  turn.pair = std::string(scanner.rest().substr(0, 2));
  if (!scanner.take_any("FM") || !scanner.take_any("FM")) return std::nullopt;
  const std::optional<int> number = scanner.take_digits(0);
  if (!number || !scanner.done()) return std::nullopt;
  turn.number = *number;
  return turn;
}

bool spoken_before(const MspTurn& a, const MspTurn& b) {
  return std::tuple(a.number, !a.leads(), a.id) < std::tuple(b.number, !b.leads(), b.id);
}

}  // namespace mer::data
