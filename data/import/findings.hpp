// What an importer found wrong or odd in a raw corpus, and what it did about it. Nothing is dropped or changed without
// one of these.
//
// Threads: plain values.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace mer::data {

enum class FindingKind {
  broken_line,
  unknown_tag,
  duplicate,
  no_transcript,
  no_label,
  empty_transcript,
  no_audio,
  bad_audio,
  bad_encoding,
  missing,
  mac_file,
  line_ends,
  byte_order_mark,
  spelling,
  prefix,
  extra_turn,
};
constexpr std::size_t kFindingKinds = std::size_t(FindingKind::extra_turn) + 1;

const char* name_of(FindingKind kind);   // as it stands in import.json: "broken_line"
const char* title_of(FindingKind kind);  // "lines that cannot be read"
// True where a turn, a text or a part of the corpus is lost or guessed: --strict refuses it. False of mere oddities.
bool loses(FindingKind kind);

struct Finding {
  FindingKind kind = FindingKind::broken_line;
  std::string file;      // relative to the raw corpus
  std::size_t line = 0;  // 0: the file as a whole
  std::string problem;   // what it is, and what was expected
  std::string action;    // what was done
};

// "dialog/x.txt:3: tag "nue" is unknown: skipped"
std::string text_of(const Finding& finding);

using Findings = std::vector<Finding>;

std::size_t count_of(const Findings& findings, FindingKind kind);
std::size_t losses_of(const Findings& findings);

}  // namespace mer::data
