#include "data/import/imported.hpp"

#include <algorithm>

#include "core/json.hpp"
#include "data/corpus_format.hpp"
#include "data/corpus_text.hpp"
#include "data/file_io.hpp"
#include "data/utterance_table.hpp"
#include "data/whole_folder.hpp"

namespace mer::data {
namespace {

using nlohmann::ordered_json;

constexpr const char* kImportJson = "import.json";

ordered_json options_json(const Imported& imported) {
  ordered_json json = ordered_json::object();
  for (const auto& [name, value] : imported.options) json[name] = value;
  return json;
}

ordered_json left_out_json(const Imported& imported) {
  ordered_json json = ordered_json::object();
  for (const auto& [reason, turns] : imported.left_out) json[reason] = turns;
  return json;
}

ordered_json kinds_json(const Findings& findings) {
  ordered_json json = ordered_json::object();
  for (std::size_t i = 0; i < kFindingKinds; ++i) {
    const auto kind = FindingKind(i);
    if (const std::size_t count = count_of(findings, kind); count > 0) json[name_of(kind)] = count;
  }
  return json;
}

ordered_json findings_json(const Findings& findings) {
  ordered_json json = ordered_json::array();
  for (const Finding& finding : findings) {
    ordered_json entry = {{"kind", name_of(finding.kind)}, {"loses", loses(finding.kind)}, {"file", finding.file}};
    if (finding.line > 0) entry["line"] = finding.line;
    entry["problem"] = finding.problem;
    entry["action"] = finding.action;
    json.push_back(std::move(entry));
  }
  return json;
}

ordered_json counts_json(const Corpus& corpus) {
  ordered_json json = ordered_json::object();
  const std::vector<std::size_t> counts = label_counts(corpus);
  for (std::size_t label = 0; label < counts.size(); ++label) json[corpus.labels[label]] = counts[label];
  return json;
}

ordered_json paper_json(const Imported& imported) {
  ordered_json table = ordered_json::object();
  for (const auto& [label, count] : imported.paper.counts) table[label] = count;
  return {{"labels", table}, {"options", imported.paper.options}, {"remark", remark_on_paper(imported)}};
}

std::string dumped(const ordered_json& json) {
  return json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string corpus_json(const Imported& imported) {
  const Corpus& corpus = imported.corpus;
  return dumped({{"format", kCorpusFormat},
                 {"name", corpus.name},
                 {"labels", corpus.labels},
                 {"utterances", corpus.utterances.size()},
                 {"modalities", ordered_json::object()},
                 {"recordings", {{"file", kRecordingsCsv}, {"root", imported.root}}},
                 {"source",
                  {{"importer", imported.importer},
                   {"options", options_json(imported)},
                   {"left_out", left_out_json(imported)},
                   {"findings", kinds_json(imported.findings)},
                   {"report", kImportJson}}}});
}

Status write_files(const Imported& imported, const std::string& folder) {
  MER_TRY(write_text(folder + "/" + kUtterancesCsv, utterances_csv(imported.corpus)));
  MER_TRY(write_recordings(imported.recordings, folder));
  MER_TRY(write_text(folder + "/" + kImportJson, import_json(imported)));
  MER_TRY(write_text(folder + "/" + kCorpusJson, corpus_json(imported)));
  MER_TRY(read_recordings(folder));  // with the table beside it
  return {};
}

}  // namespace

std::vector<std::size_t> label_counts(const Corpus& corpus) {
  std::vector<std::size_t> counts(corpus.labels.size());
  for (const Utterance& utterance : corpus.utterances) {
    if (utterance.label != kNoLabel) ++counts.at(std::size_t(utterance.label));
  }
  return counts;
}

std::string remark_on_paper(const Imported& imported) {
  const PaperCounts& paper = imported.paper;
  if (!paper.same_options) return "Table 1 counts the turns of " + paper.options;
  const std::vector<std::size_t> counts = label_counts(imported.corpus);
  bool same = counts.size() == paper.counts.size();
  for (std::size_t i = 0; same && i < counts.size(); ++i) same = counts[i] == paper.counts[i].second;
  if (same) return "as in Table 1";
  const std::size_t losses = losses_of(imported.findings);
  if (losses == 0) return "nothing here is wrong: this folder holds other turns than the paper's";
  return std::to_string(losses) + (losses == 1 ? " finding is" : " findings are") +
         " of what was skipped or guessed: the difference may come from there";
}

std::string import_json(const Imported& imported) {
  return dumped({{"format", 1},
                 {"importer", imported.importer},
                 {"root", imported.root},
                 {"options", options_json(imported)},
                 {"utterances", imported.corpus.utterances.size()},
                 {"dialogues", imported.corpus.dialogues.size()},
                 {"labels", counts_json(imported.corpus)},
                 {"paper", paper_json(imported)},
                 {"left_out", left_out_json(imported)},
                 {"kinds", kinds_json(imported.findings)},
                 {"findings", findings_json(imported.findings)}});
}

std::string left_out_text(const Imported& imported) {
  std::string text;
  for (const auto& [reason, turns] : imported.left_out) {
    text += (text.empty() ? "" : ", ") + reason + ": " + std::to_string(turns);
  }
  return text;
}

Status refuse_losses(const Imported& imported) {
  const std::size_t losses = losses_of(imported.findings);
  if (losses == 0) return {};
  for (const Finding& finding : imported.findings) {
    if (!loses(finding.kind)) continue;
    return invalid(imported.root + ": --strict refuses what would be skipped or guessed, " + std::to_string(losses) +
                   " in all; the first: " + text_of(finding));
  }
  return {};
}

Status write_imported(const Imported& imported, const std::string& folder) {
  if (std::ranges::all_of(imported.corpus.utterances, [](const Utterance& turn) { return turn.label == kNoLabel; })) {
    return invalid(imported.root + ": no turn is left to import: " + std::to_string(losses_of(imported.findings)) +
                   " findings" + (imported.left_out.empty() ? "" : "; left out: " + left_out_text(imported)));
  }
  return write_whole_folder(folder,
                            [&imported](const std::string& temporary) { return write_files(imported, temporary); });
}

}  // namespace mer::data
