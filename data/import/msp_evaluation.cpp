#include "data/import/msp_evaluation.hpp"

#include <optional>
#include <unordered_map>
#include <utility>

#include "core/quoting.hpp"
#include "data/import/text_lines.hpp"
#include "data/import/text_scanner.hpp"

namespace mer::data {
namespace {

constexpr std::string_view kLetters = "NSAHOX";

bool is_turn(std::string_view line) {
  return line.starts_with("UTD-") || line.starts_with("MSP-");
}

std::string_view without_extension(std::string_view name) {
  return name.ends_with(".avi") || name.ends_with(".wav") ? name.substr(0, name.size() - 4) : name;
}

class EvaluationParser {
 public:
  EvaluationParser(const std::string& file, Findings& findings) : file_(file), findings_(findings) {}

  void take(const TextLine& line) {
    TextScanner scanner(line.text);
    const auto name = scanner.take_until(';');
    if (!is_turn(line.text)) {
      if (!name) broken(line, "a turn or a rater's fields, with ; between");
      return;
    }
    std::optional<MspTurn> turn = name ? msp_turn(without_extension(*name)) : std::nullopt;
    scanner.skip_blanks();
    const std::optional<std::string_view> tag = scanner.take_until(';');
    if (!turn || !tag || !has_dimensions(scanner)) {
      broken(line, "UTD-IMPROV-S01A-F01-S-FM01.avi; N; A:3.0; V:3.5; D:3.0; ...");
      return;
    }
    keep({std::move(*turn), tag->size() == 1 ? tag->front() : '\0', line.number}, *tag);
  }

  std::vector<MspLabel> labels;

 private:
  static bool has_dimensions(TextScanner& scanner) {
    for (const char* const name : {"A:", "V:", "D:"}) {
      scanner.skip_blanks();
      if (!scanner.take(name) || !scanner.take_number() || !(scanner.take(";") || scanner.done())) return false;
    }
    return true;
  }

  void broken(const TextLine& line, const std::string& expected) {
    findings_.push_back({FindingKind::broken_line, file_, line.number,
                         "found " + quote(line.text) + ", expected " + expected, "skipped"});
  }

  void keep(MspLabel label, std::string_view tag) {
    const auto [first, is_new] = lines_.emplace(label.turn.id, label.line);
    if (!is_new) {
      findings_.push_back({FindingKind::duplicate, file_, label.line,
                           label.turn.id + " stands in line " + std::to_string(first->second) + " too",
                           "the first one counts"});
    } else if (label.letter == '\0' || kLetters.find(label.letter) == std::string_view::npos) {
      findings_.push_back({FindingKind::unknown_tag, file_, label.line,
                           "letter " + quote(tag) + " of " + label.turn.id + ", known are N, S, A, H, O and X",
                           "skipped"});
    } else {
      labels.push_back(std::move(label));
    }
  }

  const std::string& file_;
  Findings& findings_;
  std::unordered_map<std::string, std::size_t> lines_;
};

}  // namespace

std::vector<MspLabel> parse_msp_evaluation(std::string_view bytes, const std::string& file, Findings& findings) {
  EvaluationParser parser(file, findings);
  for (const TextLine& line : text_lines(bytes, file, findings)) parser.take(line);
  std::size_t prefixed = 0, first = 0;
  for (const MspLabel& label : parser.labels) {
    if (label.turn.utd_prefix && prefixed++ == 0) first = label.line;
  }
  if (prefixed > 0) {
    findings.push_back({FindingKind::prefix, file, first,
                        std::to_string(prefixed) + " ids begin with UTD-, those of wav files with MSP-",
                        "read as MSP-"});
  }
  return std::move(parser.labels);
}

}  // namespace mer::data
