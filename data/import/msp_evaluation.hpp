// The file with the labels of MSP-IMPROV, Evaluation.txt.
//
// Threads: pure functions. Errors: none; a line that cannot be used becomes a finding.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "data/import/findings.hpp"
#include "data/import/msp_id.hpp"

namespace mer::data {

struct MspLabel {
  MspTurn turn;
  char letter = 0;  // N neutral, S sad, A angry, H happy, O other, X no agreement
  std::size_t line = 0;
};

// Each turn once: the lines "UTD-IMPROV-S01A-F01-S-FM01.avi; N; A:3.000000; V:3.500000; D:3.000000; ...". Those of the
// raters are passed over.
std::vector<MspLabel> parse_msp_evaluation(std::string_view bytes, const std::string& file, Findings& findings);

}  // namespace mer::data
