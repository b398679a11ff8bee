// The two kinds of text file that a dialogue of IEMOCAP has: dialog/EmoEvaluation/Ses01F_impro01.txt with the labels,
// and dialog/transcriptions/Ses01F_impro01.txt.
//
// Threads: pure functions. Errors: none; a line that cannot be used becomes a finding.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "data/import/findings.hpp"

namespace mer::data {

struct IemocapLabel {
  std::string utterance;
  std::string tag;  // one of kIemocapTags
  std::size_t line = 0;
};

// "xxx": the raters did not agree.
inline const std::vector<std::string> kIemocapTags = {"hap", "ang", "sad", "neu", "exc", "fru",
                                                      "sur", "fea", "dis", "oth", "xxx"};

// Each turn once, in the order of the file: the lines "[6.2901 - 8.2357]\tSes01F_impro01_F000\tneu\t[2.5, 2.5, 2.5]".
// Those of the raters and the heading are passed over.
std::vector<IemocapLabel> parse_iemocap_labels(std::string_view bytes, const std::string& dialogue,
                                               const std::string& file, Findings& findings);

struct IemocapTranscript {
  std::string utterance;
  std::string text;
  double begin = 0;  // seconds in the dialogue
  std::size_t line = 0;
};

// Each turn once, in the order in which they begin: the lines "Ses01F_impro01_F000 [006.2901-008.2357]: Excuse me."
std::vector<IemocapTranscript> parse_iemocap_transcripts(std::string_view bytes, const std::string& dialogue,
                                                         const std::string& file, Findings& findings);

}  // namespace mer::data
