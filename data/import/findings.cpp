#include "data/import/findings.hpp"

#include <algorithm>
#include <array>

namespace mer::data {
namespace {

struct KindText {
  const char* name;
  const char* title;
  bool loses;
};

constexpr std::array<KindText, kFindingKinds> kKinds = {{
    {"broken_line", "lines that cannot be read", true},
    {"unknown_tag", "turns whose tag is unknown", true},
    {"duplicate", "turns that stand twice", true},
    {"no_transcript", "labelled turns without a transcript", true},
    {"no_label", "transcripts without a label", true},
    {"empty_transcript", "turns whose transcript is empty", true},
    {"no_audio", "turns without a wav file", true},
    {"bad_audio", "wav files that are unreadable, empty or cut off", true},
    {"bad_encoding", "texts that are not UTF-8", true},
    {"missing", "files and folders that are not there or cannot be read", true},
    {"mac_file", "files that macOS leaves behind (._*)", false},
    {"line_ends", "files with Windows line ends", false},
    {"byte_order_mark", "files with a byte order mark", false},
    {"spelling", "files of another spelling", false},
    {"prefix", "files whose ids begin with UTD-", false},
    {"extra_turn", "transcribed turns that have no number (XX)", false},
}};

const KindText& kind_text(FindingKind kind) {
  return kKinds.at(std::size_t(kind));
}

}  // namespace

const char* name_of(FindingKind kind) {
  return kind_text(kind).name;
}

const char* title_of(FindingKind kind) {
  return kind_text(kind).title;
}

bool loses(FindingKind kind) {
  return kind_text(kind).loses;
}

std::string text_of(const Finding& finding) {
  const std::string line = finding.line == 0 ? "" : ":" + std::to_string(finding.line);
  return finding.file + line + ": " + finding.problem + ": " + finding.action;
}

std::size_t count_of(const Findings& findings, FindingKind kind) {
  return std::size_t(std::ranges::count(findings, kind, &Finding::kind));
}

std::size_t losses_of(const Findings& findings) {
  return std::size_t(std::ranges::count_if(findings, loses, &Finding::kind));
}

}  // namespace mer::data
