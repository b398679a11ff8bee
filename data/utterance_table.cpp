#include "data/utterance_table.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <unordered_map>
#include <utility>

#include "core/quoting.hpp"
#include "data/corpus_format.hpp"
#include "data/csv.hpp"
#include "data/file_io.hpp"
#include "data/plain_name.hpp"

namespace mer::data {
namespace {

constexpr std::size_t kMaxCsvBytes = std::size_t{1} << 30;

std::optional<int> turn_number(const std::string& text) {
  int turn = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), turn);
  if (error != std::errc() || end != text.data() + text.size() || turn < 0) return std::nullopt;
  return turn;
}

// Takes the records one by one and holds each against those before it.
class UtteranceReader {
 public:
  UtteranceReader(const std::string& path, const std::vector<std::string>& labels) : path_(path), labels_(labels) {}

  Result<Utterance> read(const CsvRecord& record) {
    const std::vector<std::string>& fields = record.fields;
    for (const std::size_t column : {0, 1, 3, 4}) {
      if (!is_plain_name(fields[column])) {
        return wrong(record, kUtteranceColumns[column] + " " + quote(fields[column]) +
                                 ", expected a text without control characters, not empty");
      }
    }
    const std::optional<int> turn = turn_number(fields[2]);
    if (!turn) return wrong(record, "turn " + quote(fields[2]) + ", expected a whole number, 0 or more");
    const auto label = std::ranges::find(labels_, fields[5]);
    if (label == labels_.end() && !fields[5].empty()) {
      return wrong(record, "unknown label " + quote(fields[5]) + ", corpus.json has " + quote_list(labels_) +
                               "; leave it empty for a turn that is context alone");
    }
    const auto [first, is_new] = lines_.emplace(fields[0], record.line);
    if (!is_new) {
      return wrong(record,
                   "utterance " + quote(fields[0]) + " stands in line " + std::to_string(first->second) + " too");
    }
    Utterance utterance{fields[0], fields[1], *turn,
                        fields[3], fields[4], fields[5].empty() ? kNoLabel : int(label - labels_.begin())};
    MER_TRY(check_dialogue(record, utterance));
    return utterance;
  }

 private:
  struct LastTurn {
    int turn;
    std::string session;
    std::size_t line;
  };

  Error wrong(const CsvRecord& record, const std::string& problem) const {
    return invalid(path_ + ":" + std::to_string(record.line) + ": " + problem);
  }

  Status check_dialogue(const CsvRecord& record, const Utterance& utterance) {
    const auto [last, is_new] =
        dialogues_.emplace(utterance.dialogue, LastTurn{utterance.turn, utterance.session, record.line});
    if (is_new) return {};
    const std::string before = " in line " + std::to_string(last->second.line);
    if (last->second.session != utterance.session) {
      return wrong(record, "dialogue " + quote(utterance.dialogue) + " is in session " + quote(utterance.session) +
                               ", but in session " + quote(last->second.session) + before);
    }
    if (utterance.turn <= last->second.turn) {
      return wrong(record, "turn " + std::to_string(utterance.turn) + " of dialogue " + quote(utterance.dialogue) +
                               " follows turn " + std::to_string(last->second.turn) + before +
                               ": turns must rise, sort the rows of a dialogue by turn");
    }
    last->second = {utterance.turn, utterance.session, record.line};
    return {};
  }

  const std::string& path_;
  const std::vector<std::string>& labels_;
  std::unordered_map<std::string, std::size_t> lines_;  // of each utterance id
  std::unordered_map<std::string, LastTurn> dialogues_;
};

}  // namespace

Result<std::vector<Utterance>> read_utterances(const std::string& folder, const CorpusHeader& header) {
  const std::string path = folder + "/" + kUtterancesCsv;
  MER_ASSIGN(const std::string text, read_file(path, kMaxCsvBytes));
  MER_ASSIGN(const std::vector<CsvRecord> records, parse_csv(text, kUtteranceColumns, path));
  UtteranceReader reader(path, header.labels);
  std::vector<Utterance> utterances;
  utterances.reserve(records.size());
  for (const CsvRecord& record : records) {
    MER_ASSIGN(Utterance utterance, reader.read(record));
    utterances.push_back(std::move(utterance));
  }
  if (utterances.size() != header.utterances) {
    return invalid(path + ": " + std::to_string(utterances.size()) + " utterances, but /utterances in corpus.json is " +
                   std::to_string(header.utterances));
  }
  return utterances;
}

Result<Corpus> load_utterances(const std::string& folder) {
  MER_ASSIGN(CorpusHeader header, read_corpus_header(folder));
  Corpus corpus;
  corpus.name = std::move(header.name);
  corpus.path = folder;
  MER_ASSIGN(corpus.utterances, read_utterances(folder, header));
  corpus.labels = std::move(header.labels);
  corpus.dialogues = group_dialogues(corpus.utterances);
  return corpus;
}

Result<Corpus> load_imported(const std::string& folder) {
  MER_ASSIGN(const CorpusHeader header, read_corpus_header(folder));
  return header.modalities.empty() ? load_utterances(folder) : load_corpus(folder);
}

}  // namespace mer::data
