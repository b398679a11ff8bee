#include "data/corpus.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "core/json.hpp"
#include "core/json_text.hpp"
#include "core/quoting.hpp"
#include "core/utf8.hpp"
#include "data/content_hash.hpp"
#include "data/corpus_format.hpp"
#include "data/csv.hpp"
#include "data/safetensors.hpp"

namespace mer::data {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kMaxJsonBytes = std::size_t{1} << 20;
constexpr std::size_t kMaxCsvBytes = std::size_t{1} << 30;

struct ModalityEntry {
  std::string name;
  int dim = 0;
  std::string file;  // relative to the corpus folder
};

struct CorpusHeader {
  std::string name;
  std::vector<std::string> labels;
  std::size_t utterances = 0;
  std::vector<ModalityEntry> modalities;
};

// --- corpus.json ---

// Not empty, UTF-8, no control characters: it shows up in tables, messages and file names of exports.
bool is_plain_name(const std::string& text) {
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7F; };
  return !text.empty() && is_utf8(text) && std::ranges::none_of(text, is_control);
}

class HeaderReader {
 public:
  HeaderReader(const std::string& path, const ordered_json& json) : path_(path), json_(json) {}

  Result<CorpusHeader> read() const {
    CorpusHeader header;
    if (!json_.is_object()) return wrong("", json_, "an object");
    MER_TRY(check_format());
    MER_ASSIGN(header.name, name(json_, "name", "/name"));
    MER_ASSIGN(header.labels, labels());
    MER_ASSIGN(const std::int64_t utterances, positive(json_, "utterances", "/utterances", kMaxUtterances));
    header.utterances = std::size_t(utterances);
    MER_ASSIGN(header.modalities, modalities());
    return header;
  }

 private:
  static constexpr std::int64_t kMaxUtterances = 100'000'000;
  static constexpr std::int64_t kMaxDim = 10'000'000;

  Error wrong(const std::string& pointer, const ordered_json& value, const std::string& expected) const {
    return invalid(path_ + ": " + (pointer.empty() ? "" : pointer + ": ") + "found " + shown(value) + ", expected " +
                   expected);
  }

  Status check_format() const {
    const ordered_json found = json_.contains("format") ? json_["format"] : ordered_json();
    if (found != kCorpusFormat) return wrong("/format", found, std::to_string(kCorpusFormat));
    return {};
  }

  Result<std::string> name(const ordered_json& object, const char* key, const std::string& pointer) const {
    const ordered_json value = object.contains(key) ? object[key] : ordered_json();
    if (!value.is_string() || !is_plain_name(value.get<std::string>())) {
      return wrong(pointer, value, "a text without control characters, not empty");
    }
    return value.get<std::string>();
  }

  Result<std::int64_t> positive(const ordered_json& object, const char* key, const std::string& pointer,
                                std::int64_t most) const {
    const ordered_json value = object.contains(key) ? object[key] : ordered_json();
    if (!value.is_number_unsigned() || value < 1 || value > most) {
      return wrong(pointer, value, "a whole number from 1 to " + std::to_string(most));
    }
    return value.get<std::int64_t>();
  }

  Result<std::vector<std::string>> labels() const {
    const ordered_json value = json_.contains("labels") ? json_["labels"] : ordered_json();
    if (!value.is_array() || value.size() < 2) return wrong("/labels", value, "a list of two labels or more");
    std::vector<std::string> labels;
    for (const ordered_json& label : value) {
      const std::string pointer = "/labels/" + std::to_string(labels.size());
      if (!label.is_string() || !is_plain_name(label.get<std::string>())) {
        return wrong(pointer, label, "a text without control characters, not empty");
      }
      if (std::ranges::find(labels, label.get<std::string>()) != labels.end()) {
        return wrong(pointer, label, "each label once");
      }
      labels.push_back(label.get<std::string>());
    }
    return labels;
  }

  Result<std::vector<ModalityEntry>> modalities() const {
    const ordered_json value = json_.contains("modalities") ? json_["modalities"] : ordered_json();
    if (!value.is_object() || value.empty()) {
      return wrong("/modalities", value,
                   "an object with a modality or more, {\"audio\": {\"dim\": ..., \"file\": ...}}");
    }
    std::vector<ModalityEntry> modalities;
    for (const auto& [key, entry] : value.items()) {
      if (!is_plain_name(key)) return wrong("/modalities", key, "names without control characters, not empty");
      const std::string pointer = "/modalities/" + key;
      if (!entry.is_object()) return wrong(pointer, entry, "{\"dim\": ..., \"file\": ...}");
      MER_ASSIGN(const std::int64_t dim, positive(entry, "dim", pointer + "/dim", kMaxDim));
      MER_ASSIGN(const std::string file, name(entry, "file", pointer + "/file"));
      if (!stays_inside(file)) return wrong(pointer + "/file", file, "a path inside the corpus folder");
      modalities.push_back({key, int(dim), file});
    }
    return modalities;
  }

  static bool stays_inside(const std::filesystem::path& file) {
    return file.is_relative() && std::ranges::find(file, "..") == file.end();
  }

  const std::string& path_;
  const ordered_json& json_;
};

// --- utterances.csv ---

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

Result<std::vector<Utterance>> read_utterances(const std::string& path, const CorpusHeader& header) {
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

// --- features ---

Status check_finite(const std::string& path, const FeatureMatrix& features, const std::vector<Utterance>& utterances) {
  const auto bad = std::ranges::find_if_not(features.values, [](float value) { return std::isfinite(value); });
  if (bad == features.values.end()) return {};
  const std::size_t at = std::size_t(bad - features.values.begin());
  const std::size_t row = at / std::size_t(features.dim);
  return invalid(path + ": row " + std::to_string(row) + " (utterance " + quote(utterances[row].id) + "), column " +
                 std::to_string(at % std::size_t(features.dim)) + " is " + std::to_string(*bad) +
                 ", expected a finite number");
}

// The tensor's floats in place, or a copy where a foreign writer left them unaligned.
void attach(FeatureMatrix& features, const SafetensorsFile& file, std::span<const std::byte> bytes) {
  const std::size_t count = bytes.size() / sizeof(float);
  if (reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(float) == 0) {
    features.values = {reinterpret_cast<const float*>(bytes.data()), count};
    features.storage = file.mapping();
    return;
  }
  auto copy = std::make_shared<std::vector<float>>(count);
  std::ranges::copy(bytes, std::as_writable_bytes(std::span(*copy)).begin());
  features.values = *copy;
  features.storage = copy;
}

Result<FeatureMatrix> read_features(const std::string& folder, const ModalityEntry& entry,
                                    const std::vector<Utterance>& utterances) {
  const std::string path = folder + "/" + entry.file;
  MER_ASSIGN(const SafetensorsFile file, SafetensorsFile::open(path));
  MER_ASSIGN(const TensorView tensor, file.find(kFeatureTensor));
  const std::vector<std::int64_t> expected = {std::int64_t(utterances.size()), entry.dim};
  if (tensor.type != TensorType::f32 || tensor.shape != expected) {
    return invalid(path + ": tensor \"" + kFeatureTensor + "\" has shape " + shown(tensor.shape) +
                   (tensor.type == TensorType::f32 ? "" : " and is not float32") + ", expected float32 " +
                   shown(expected) + " (utterances, /modalities/" + entry.name + "/dim in corpus.json)");
  }
  FeatureMatrix features{.modality = entry.name, .dim = entry.dim, .values = {}, .storage = {}};
  attach(features, file, tensor.bytes);
  MER_TRY(check_finite(path, features, utterances));
  return features;
}

Result<CorpusHeader> read_header(const std::string& folder) {
  const std::string path = folder + "/" + kCorpusJson;
  MER_ASSIGN(const std::string text, read_file(path, kMaxJsonBytes));
  MER_ASSIGN(const ordered_json json, parse_ordered_json_text(text, path));
  return HeaderReader(path, json).read();
}

}  // namespace

const FeatureMatrix* Corpus::find(const std::string& modality) const {
  const auto found = std::ranges::find(features, modality, &FeatureMatrix::modality);
  return found == features.end() ? nullptr : &*found;
}

Result<Corpus> load_corpus(const std::string& folder) {
  MER_ASSIGN(CorpusHeader header, read_header(folder));

  Corpus corpus;
  corpus.name = header.name;
  corpus.path = folder;
  MER_ASSIGN(corpus.utterances, read_utterances(folder + "/" + kUtterancesCsv, header));
  for (const ModalityEntry& entry : header.modalities) {
    MER_ASSIGN(FeatureMatrix features, read_features(folder, entry, corpus.utterances));
    corpus.features.push_back(std::move(features));
  }
  corpus.labels = std::move(header.labels);
  corpus.dialogues = group_dialogues(corpus.utterances);
  corpus.id = corpus_id_of(corpus);
  return corpus;
}

Result<std::vector<std::string>> corpus_files(const std::string& folder) {
  MER_ASSIGN(const CorpusHeader header, read_header(folder));
  std::vector<std::string> files = {kCorpusJson, kUtterancesCsv};
  for (const ModalityEntry& entry : header.modalities) {
    if (std::ranges::find(files, entry.file) == files.end()) files.push_back(entry.file);
  }
  return files;
}

std::vector<Dialogue> group_dialogues(const std::vector<Utterance>& utterances) {
  std::vector<Dialogue> dialogues;
  std::unordered_map<std::string, std::size_t> positions;
  for (std::size_t row = 0; row < utterances.size(); ++row) {
    const auto [found, is_new] = positions.emplace(utterances[row].dialogue, dialogues.size());
    if (is_new) dialogues.push_back({utterances[row].dialogue, {}});
    dialogues[found->second].rows.push_back(std::uint32_t(row));
  }
  return dialogues;
}

CorpusId corpus_id_of(const Corpus& corpus) {
  ContentHash hash("mer corpus 1");
  hash.number(corpus.labels.size());
  for (const std::string& label : corpus.labels) hash.text(label);
  hash.number(corpus.utterances.size());
  for (const Utterance& utterance : corpus.utterances) {
    hash.text(utterance.id);
    hash.text(utterance.dialogue);
    hash.number(std::uint64_t(utterance.turn));
    hash.text(utterance.session);
    hash.text(utterance.speaker);
    hash.number(std::uint64_t(utterance.label));
  }
  std::vector<const FeatureMatrix*> by_name;
  for (const FeatureMatrix& features : corpus.features) by_name.push_back(&features);
  std::ranges::sort(by_name, {}, [](const FeatureMatrix* features) { return features->modality; });
  for (const FeatureMatrix* features : by_name) {
    hash.text(features->modality);
    hash.number(std::uint64_t(features->dim));
    hash.floats(features->values);
  }
  return {hash.hex()};
}

}  // namespace mer::data
