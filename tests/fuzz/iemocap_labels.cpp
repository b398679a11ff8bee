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
  for (const auto& label : mer::data::parse_iemocap_labels(bytes, "Ses01F_impro01", "file", findings)) {
    const auto turn = mer::data::iemocap_turn(label.utterance);
    require(turn && turn->dialogue.id == "Ses01F_impro01" && seen.insert(label.utterance).second);
    require(std::ranges::find(mer::data::kIemocapTags, label.tag) != mer::data::kIemocapTags.end());
  }
  mer::fuzz::require_sound(findings, bytes);
  return 0;
}
