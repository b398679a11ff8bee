#include "data/import/msp_improv.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "core/quoting.hpp"
#include "data/import/folder_search.hpp"
#include "data/import/msp_evaluation.hpp"
#include "data/import/take_turn.hpp"
#include "data/import/text_lines.hpp"
#include "data/number_text.hpp"

namespace mer::data {
namespace {

constexpr std::string_view kLetters = "HASN";  // in the order of the labels

// As the corpus' description has it, and as it was released.
constexpr std::array<const char*, 2> kEvaluationFiles = {"Evaluation.txt", "Evalution.txt"};

// As the corpus was released, zipped or not, and as derived copies of it have them.
constexpr std::array<const char*, 6> kTranscriptFolders = {"Human_transcriptions/All_human_transcriptions",
                                                           "Human_Transcriptions/All_human_transcriptions",
                                                           "Human_transcriptions",
                                                           "Human_Transcriptions",
                                                           "All_human_transcriptions",
                                                           "Text"};

std::optional<std::string> transcript_folder(const std::string& root) {
  for (const char* const name : kTranscriptFolders) {
    if (is_folder(root + "/" + name)) return name;
  }
  return std::nullopt;
}

std::optional<std::string> evaluation_file(const std::string& root) {
  for (const char* const name : kEvaluationFiles) {
    if (is_file(root + "/" + name)) return name;
  }
  return std::nullopt;
}

class MspImprovImport {
 public:
  MspImprovImport(std::string root, const MspImprovOptions& options) : options_(options) {
    imported_.importer = "msp-improv";
    imported_.root = std::move(root);
    imported_.options = {{"groups", options.groups}, {"min_seconds", shortest_text(options.min_seconds)}};
    imported_.corpus.name = "MSP-IMPROV";
    imported_.corpus.labels = {"happy", "angry", "sad", "neutral"};
    imported_.paper = {{{"happy", 999}, {"angry", 460}, {"sad", 627}, {"neutral", 1733}},
                       "--groups S --min-seconds 1",
                       options.groups == "S" && options.min_seconds == 1};
    audio_ = is_folder(imported_.root + "/Audio") ? "Audio/" : "";
    texts_ = *transcript_folder(imported_.root);
  }

  Imported run() {
    const std::string file = *evaluation_file(imported_.root);
    if (file != kEvaluationFiles.front()) {
      findings().push_back({FindingKind::spelling, file, 0, "expected Evaluation.txt", "read as that"});
    }
    const std::optional<std::string> text = read_text(imported_.root, file, findings());
    const std::vector<MspLabel> labels = parse_msp_evaluation(text.value_or(""), file, findings());
    transcripts_ = text_files_below(imported_.root, texts_, findings());
    report_unlabelled(labels);
    for (auto& [dialogue, turns] : dialogues_of(labels)) take_dialogue(dialogue, turns, file);
    imported_.corpus.dialogues = group_dialogues(imported_.corpus.utterances);
    return std::move(imported_);
  }

 private:
  using Turns = std::vector<const MspLabel*>;

  Findings& findings() { return imported_.findings; }

  std::map<std::string, Turns, NaturalLess> dialogues_of(const std::vector<MspLabel>& labels) {
    std::map<std::string, Turns, NaturalLess> dialogues;
    for (const MspLabel& label : labels) {
      if (options_.groups.find(label.turn.group) == std::string::npos) {
        ++imported_.left_out[std::string("group ") + label.turn.group];
      } else {
        dialogues[label.turn.dialogue()].push_back(&label);
      }
    }
    return dialogues;
  }

  void take_dialogue(const std::string& dialogue, Turns& turns, const std::string& file) {
    std::ranges::sort(turns, [](const MspLabel* a, const MspLabel* b) { return spoken_before(a->turn, b->turn); });
    for (std::size_t i = 0; i < turns.size(); ++i) {
      const MspTurn& turn = turns[i]->turn;
      const std::size_t label = kLetters.find(turns[i]->letter);
      if (label == std::string_view::npos) {
        ++imported_.left_out[std::string("letter ") + turns[i]->letter];
        continue;
      }
      const auto transcript = transcripts_.find(turn.id);
      if (transcript == transcripts_.end()) {
        findings().push_back({FindingKind::no_transcript, file, turns[i]->line,
                              "there is no " + turn.id + ".txt in " + texts_, "skipped"});
        continue;
      }
      take(turn, dialogue, int(i), int(label), transcript->second);
    }
  }

  void take(const MspTurn& turn, const std::string& dialogue, int number, int label, const std::string& text_file) {
    const std::string session = std::to_string(turn.session);
    const std::optional<std::string> bytes = read_text(imported_.root, text_file, findings());
    if (!bytes) return;
    std::string transcript;
    for (const TextLine& line : text_lines(*bytes, text_file, findings())) {
      transcript += (transcript.empty() ? "" : " ") + line.text;
    }
    take_turn(imported_,
              {{turn.id, dialogue, number, session, turn.speaker, label},
               audio_ + "session" + session + "/" + turn.scene + "/" + turn.group + "/" + turn.id + ".wav",
               transcript,
               text_file,
               0},
              options_.min_seconds);
  }

  void report_unlabelled(const std::vector<MspLabel>& labels) {
    std::set<std::string> labelled;
    for (const MspLabel& label : labels) labelled.insert(label.turn.id);
    for (const auto& [name, file] : transcripts_) {
      if (labelled.contains(name)) continue;
      findings().push_back({FindingKind::no_label, file, 0, "the turn has no label", "skipped"});
    }
  }

  const MspImprovOptions& options_;
  std::string audio_;  // folder of the sessions
  std::string texts_;  // folder of the transcripts
  TextPaths transcripts_;
  Imported imported_;
};

}  // namespace

Result<Imported> import_msp_improv(const std::string& folder, const MspImprovOptions& options) {
  const auto looks_right = [](const std::string& path) { return evaluation_file(path) && transcript_folder(path); };
  MER_ASSIGN(std::string root,
             find_root(folder, looks_right,
                       "MSP-IMPROV's Evaluation.txt (or Evalution.txt), Audio, and the transcripts in "
                       "Human_transcriptions, All_human_transcriptions or Text"));
  return MspImprovImport(std::move(root), options).run();
}

}  // namespace mer::data
