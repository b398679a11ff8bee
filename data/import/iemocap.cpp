#include "data/import/iemocap.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "core/quoting.hpp"
#include "data/import/folder_search.hpp"
#include "data/import/iemocap_files.hpp"
#include "data/import/iemocap_id.hpp"
#include "data/import/label_file.hpp"
#include "data/import/take_turn.hpp"

namespace mer::data {
namespace {

constexpr int kSessions = 5;

// Labels in the paper's order, and what each tag counts as.
struct Classes {
  std::vector<std::string> labels;
  std::unordered_map<std::string, std::string> label_of_tag;

  // Of a tag, or of a label by its own name.
  int position_of(const std::string& word) const {
    const auto tag = label_of_tag.find(word);
    const auto at = std::ranges::find(labels, tag == label_of_tag.end() ? word : tag->second);
    return at == labels.end() ? kNoLabel : int(at - labels.begin());
  }
};

Classes classes_of(const std::string& name) {
  Classes classes{{"happy", "angry", "sad", "neutral"},
                  {{"hap", "happy"}, {"exc", "happy"}, {"ang", "angry"}, {"sad", "sad"}, {"neu", "neutral"}}};
  if (name == "4") return classes;
  classes.labels.insert(classes.labels.end(), {"excited", "frustrated"});
  classes.label_of_tag["exc"] = "excited";
  classes.label_of_tag["fru"] = "frustrated";
  if (name == "6") return classes;
  classes.labels.insert(classes.labels.end(), {"surprised", "fearful", "disgusted", "other"});
  classes.label_of_tag.insert({{"sur", "surprised"}, {"fea", "fearful"}, {"dis", "disgusted"}, {"oth", "other"}});
  return classes;
}

class IemocapImport {
 public:
  IemocapImport(std::string root, const IemocapOptions& options, std::optional<LabelFile> labels)
      : options_(options), classes_(classes_of(options.classes)), labels_(std::move(labels)) {
    imported_.importer = "iemocap";
    imported_.root = std::move(root);
    imported_.options = {{"classes", options.classes},
                         {"scenario", options.scenario},
                         {"labels", options.labels},
                         {"context", options.context}};
    imported_.corpus.name = "IEMOCAP";
    imported_.corpus.labels = classes_.labels;
    imported_.paper = {{{"happy", 1636}, {"angry", 1103}, {"sad", 1084}, {"neutral", 1708}},
                       "--classes 4 --scenario all",
                       options.classes == "4" && options.scenario == "all" && !labels_};
  }

  Imported run() {
    for (int session = 1; session <= kSessions; ++session) take_session(session);
    if (labels_) report_unused();
    imported_.corpus.dialogues = group_dialogues(imported_.corpus.utterances);
    return std::move(imported_);
  }

 private:
  Findings& findings() { return imported_.findings; }

  void take_session(int session) {
    const std::string folder = "Session" + std::to_string(session);
    if (const std::string problem = why_no_folder(imported_.root + "/" + folder); !problem.empty()) {
      findings().push_back({FindingKind::missing, folder, 0, problem, "its turns are skipped"});
      return;
    }
    const std::string labels = folder + "/dialog/EmoEvaluation";
    const std::string transcripts = folder + "/dialog/transcriptions";
    std::set<std::string> labelled;
    for (const std::string& name : text_files(imported_.root, labels, findings())) {
      const std::string file = labels + "/" + name + ".txt";
      const std::optional<IemocapDialogueId> dialogue = iemocap_dialogue(name);
      if (!dialogue || dialogue->session != session) {
        findings().push_back({FindingKind::broken_line, file, 0,
                              "its name is none of a dialogue of session " + std::to_string(session), "skipped"});
        continue;
      }
      labelled.insert(name);
      take_dialogue(*dialogue, folder, file, transcripts + "/" + name + ".txt");
    }
    for (const std::string& name : text_files(imported_.root, transcripts, findings())) {
      if (labelled.contains(name)) continue;
      findings().push_back({FindingKind::no_label, transcripts + "/" + name + ".txt", 0,
                            "there is no " + labels + "/" + name + ".txt", "skipped"});
    }
  }

  void take_dialogue(const IemocapDialogueId& dialogue, const std::string& session, const std::string& label_file,
                     const std::string& transcript_file) {
    const std::optional<std::string> label_text = read_text(imported_.root, label_file, findings());
    if (!label_text) return;
    const std::vector<IemocapLabel> labels = parse_iemocap_labels(*label_text, dialogue.id, label_file, findings());
    if (options_.scenario != "all" && dialogue.improvised != (options_.scenario == "improvised")) {
      imported_.left_out[dialogue.improvised ? "improvised" : "scripted"] += labels.size();
      return;
    }
    const std::optional<std::string> text = read_text(imported_.root, transcript_file, findings());
    const std::vector<IemocapTranscript> transcripts =
        parse_iemocap_transcripts(text.value_or(""), dialogue.id, transcript_file, findings());
    report_unspoken(labels, transcripts, label_file);

    std::unordered_map<std::string, const IemocapLabel*> label_of;
    for (const IemocapLabel& label : labels) label_of.emplace(label.utterance, &label);
    const std::string audio = session + "/sentences/wav/" + dialogue.id + "/";
    for (std::size_t turn = 0; turn < transcripts.size(); ++turn) {
      const IemocapTranscript& transcript = transcripts[turn];
      const auto label = label_of.find(transcript.utterance);
      if (label == label_of.end()) {
        report_unlabelled(transcript, transcript_file);
        continue;
      }
      take(*label->second, transcript, int(turn), audio, transcript_file);
    }
  }

  void take(const IemocapLabel& label, const IemocapTranscript& transcript, int turn, const std::string& audio,
            const std::string& transcript_file) {
    const std::string name = label_of(label);
    const int position = classes_.position_of(name);
    if (position == kNoLabel && options_.context != "all") {
      ++imported_.left_out[name.empty() ? "no label" : "tag " + name];
      return;
    }
    const IemocapTurnId id = *iemocap_turn(label.utterance);
    take_turn(imported_,
              {{label.utterance, id.dialogue.id, turn, std::to_string(id.dialogue.session), id.speaker, position},
               audio + label.utterance + ".wav",
               transcript.text,
               transcript_file,
               transcript.line},
              0);
  }

  // The file's, where there is one.
  std::string label_of(const IemocapLabel& label) {
    if (!labels_) return label.tag;
    const auto own = labels_->find(label.utterance);
    if (own == labels_->end()) return "";
    used_.insert(label.utterance);
    const std::string& name = own->second.label;
    if (name.empty() || is_known(name)) return name;
    findings().push_back({FindingKind::unknown_tag, options_.labels, own->second.line,
                          label.utterance + " has the label " + quote(name) +
                              ", expected a tag of IEMOCAP's or one of the classes " + quote_list(classes_.labels),
                          "read as no label"});
    return "";
  }

  bool is_known(const std::string& name) const {
    const auto is_in = [&](const std::vector<std::string>& names) {
      return std::ranges::find(names, name) != names.end();
    };
    return is_in(kIemocapTags) || is_in(all_labels_);
  }

  void report_unused() {
    for (const auto& [utterance, label] : *labels_) {
      if (used_.contains(utterance)) continue;
      findings().push_back({FindingKind::missing, options_.labels, label.line,
                            utterance + " is no transcribed turn of this corpus", "its label is passed over"});
    }
  }

  void report_unspoken(const std::vector<IemocapLabel>& labels, const std::vector<IemocapTranscript>& transcripts,
                       const std::string& file) {
    std::set<std::string> spoken;
    for (const IemocapTranscript& transcript : transcripts) spoken.insert(transcript.utterance);
    for (const IemocapLabel& label : labels) {
      if (spoken.contains(label.utterance)) continue;
      findings().push_back(
          {FindingKind::no_transcript, file, label.line, label.utterance + " has no transcript", "skipped"});
    }
  }

  void report_unlabelled(const IemocapTranscript& transcript, const std::string& file) {
    const bool numbered = iemocap_turn(transcript.utterance)->numbered;
    findings().push_back({numbered ? FindingKind::no_label : FindingKind::extra_turn, file, transcript.line,
                          transcript.utterance + " has no label", "skipped"});
  }

  const IemocapOptions& options_;
  Classes classes_;
  const std::vector<std::string> all_labels_ = classes_of("all").labels;
  std::optional<LabelFile> labels_;
  std::set<std::string> used_;  // of them
  Imported imported_;
};

}  // namespace

Result<Imported> import_iemocap(const std::string& folder, const IemocapOptions& options) {
  const auto looks_right = [](const std::string& path) {
    for (int session = 1; session <= kSessions; ++session) {
      if (is_folder(path + "/Session" + std::to_string(session) + "/dialog/EmoEvaluation")) return true;
    }
    return false;
  };
  MER_ASSIGN(std::string root, find_root(folder, looks_right,
                                         "IEMOCAP's folders Session1 to Session5 with dialog/EmoEvaluation in them"));
  std::optional<LabelFile> labels;
  if (options.labels != "standard") {
    MER_ASSIGN(labels, read_label_file(options.labels));
  }
  return IemocapImport(std::move(root), options, std::move(labels)).run();
}

}  // namespace mer::data
