#include "data/import/iemocap_files.hpp"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

#include "core/quoting.hpp"
#include "data/import/iemocap_id.hpp"
#include "data/import/text_lines.hpp"
#include "data/import/text_scanner.hpp"

namespace mer::data {
namespace {

// Keeps the turns of one dialogue, the first of each id.
class TurnsOfDialogue {
 public:
  TurnsOfDialogue(const std::string& dialogue, const std::string& file, Findings& findings)
      : dialogue_(dialogue), file_(file), findings_(findings) {}

  void broken(const TextLine& line, const std::string& expected) {
    findings_.push_back({FindingKind::broken_line, file_, line.number,
                         "found " + quote(line.text) + ", expected " + expected, "skipped"});
  }

  bool is_new(const TextLine& line, const std::string& utterance) {
    const std::optional<IemocapTurnId> turn = iemocap_turn(utterance);
    if (!turn || turn->dialogue.id != dialogue_) {
      broken(line, "a turn of " + dialogue_);
      return false;
    }
    const auto [first, inserted] = lines_.emplace(utterance, line.number);
    if (!inserted) {
      findings_.push_back({FindingKind::duplicate, file_, line.number,
                           utterance + " stands in line " + std::to_string(first->second) + " too",
                           "the first one counts"});
    }
    return inserted;
  }

 private:
  const std::string& dialogue_;
  const std::string& file_;
  Findings& findings_;
  std::unordered_map<std::string, std::size_t> lines_;
};

bool is_heading_or_rater(std::string_view line) {
  return line.starts_with('%') || ((line.starts_with("C-") || line.starts_with("A-")) && line.find(':') < line.size());
}

bool take_times(TextScanner& scanner, double& begin) {
  const std::optional<double> from = scanner.take("[") ? scanner.take_number() : std::nullopt;
  scanner.skip_blanks();
  if (!from || !scanner.take("-")) return false;
  scanner.skip_blanks();
  begin = *from;
  return scanner.take_number() && scanner.take("]");
}

std::optional<IemocapLabel> label_of(const TextLine& line) {
  TextScanner scanner(line.text);
  double begin = 0;
  if (!take_times(scanner, begin) || !scanner.take("\t")) return std::nullopt;
  const auto utterance = scanner.take_until('\t');
  const auto tag = scanner.take_until('\t');
  if (!utterance || !tag || !scanner.take("[")) return std::nullopt;
  for (const char* const end : {",", ",", "]"}) {
    scanner.skip_blanks();
    if (!scanner.take_number() || !scanner.take(end)) return std::nullopt;
  }
  if (!scanner.done()) return std::nullopt;
  return IemocapLabel{std::string(*utterance), std::string(*tag), line.number};
}

std::optional<IemocapTranscript> transcript_of(const TextLine& line) {
  TextScanner scanner(line.text);
  const auto utterance = scanner.take_until(' ');
  double begin = 0;
  if (!utterance || !take_times(scanner, begin) || !scanner.take(":")) return std::nullopt;
  scanner.skip_blanks();
  return IemocapTranscript{std::string(*utterance), std::string(scanner.rest()), begin, line.number};
}

}  // namespace

std::vector<IemocapLabel> parse_iemocap_labels(std::string_view bytes, const std::string& dialogue,
                                               const std::string& file, Findings& findings) {
  TurnsOfDialogue turns(dialogue, file, findings);
  std::vector<IemocapLabel> labels;
  for (const TextLine& line : text_lines(bytes, file, findings)) {
    if (is_heading_or_rater(line.text)) continue;
    std::optional<IemocapLabel> label = label_of(line);
    if (!label) {
      turns.broken(line, "[BEGIN - END], turn, tag and [VALENCE, ACTIVATION, DOMINANCE], with tabs between");
      continue;
    }
    if (!turns.is_new(line, label->utterance)) continue;
    if (std::ranges::find(kIemocapTags, label->tag) == kIemocapTags.end()) {
      findings.push_back(
          {FindingKind::unknown_tag, file, line.number,
           "tag " + quote(label->tag) + " of " + label->utterance + ", known are " + quote_list(kIemocapTags),
           "skipped"});
      continue;
    }
    labels.push_back(std::move(*label));
  }
  return labels;
}

std::vector<IemocapTranscript> parse_iemocap_transcripts(std::string_view bytes, const std::string& dialogue,
                                                         const std::string& file, Findings& findings) {
  TurnsOfDialogue turns(dialogue, file, findings);
  std::vector<IemocapTranscript> transcripts;
  for (const TextLine& line : text_lines(bytes, file, findings)) {
    std::optional<IemocapTranscript> transcript = transcript_of(line);
    if (!transcript) {
      turns.broken(line, "TURN [BEGIN-END]: TEXT");
      continue;
    }
    if (turns.is_new(line, transcript->utterance)) transcripts.push_back(std::move(*transcript));
  }
  std::ranges::stable_sort(transcripts, {}, &IemocapTranscript::begin);
  return transcripts;
}

}  // namespace mer::data
