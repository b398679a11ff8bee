#include <limits>
#include <set>
#include <string>

#include "data/import/iemocap_files.hpp"
#include "data/import/iemocap_id.hpp"
#include "tests/fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using mer::fuzz::require;
  const std::string_view bytes = mer::fuzz::text_of(data, size);
  mer::data::Findings findings;
  std::set<std::string> seen;
  double last = -std::numeric_limits<double>::infinity();
  for (const auto& turn : mer::data::parse_iemocap_transcripts(bytes, "Ses01F_impro01", "file", findings)) {
    require(mer::data::iemocap_turn(turn.utterance) && seen.insert(turn.utterance).second);
    require(mer::is_utf8(turn.text) && turn.begin >= last);
    last = turn.begin;
  }
  mer::fuzz::require_sound(findings, bytes);
  return 0;
}
