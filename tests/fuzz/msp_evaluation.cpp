#include "data/import/msp_evaluation.hpp"

#include <set>
#include <string>

#include "tests/fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using mer::fuzz::require;
  const std::string_view bytes = mer::fuzz::text_of(data, size);
  mer::data::Findings findings;
  std::set<std::string> seen;
  for (const auto& label : mer::data::parse_msp_evaluation(bytes, "file", findings)) {
    const auto again = mer::data::msp_turn(label.turn.id);
    require(again && again->dialogue() == label.turn.dialogue() && seen.insert(label.turn.id).second);
    require(label.turn.session >= 1 && label.turn.session <= 6 && label.turn.speaker.size() == 3);
    require(label.letter != '\0' && std::string_view("NSAHOX").find(label.letter) != std::string_view::npos);
  }
  mer::fuzz::require_sound(findings, bytes);
  return 0;
}
