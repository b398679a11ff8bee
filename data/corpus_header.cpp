#include "data/corpus_header.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "core/json.hpp"
#include "core/json_text.hpp"
#include "core/quoting.hpp"
#include "data/corpus_format.hpp"
#include "data/file_io.hpp"
#include "data/plain_name.hpp"

namespace mer::data {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kMaxJsonBytes = std::size_t{1} << 20;

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
    MER_ASSIGN(header.recordings, recordings());
    return header;
  }

 private:
  static constexpr std::int64_t kMaxUtterances = 100'000'000;
  static constexpr std::int64_t kMaxDim = 10'000'000;
  static constexpr const char* kModalitiesExpected =
      "an object with a modality or more, {\"audio\": {\"dim\": ..., \"file\": ...}}";

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
    if (!value.is_object()) return wrong("/modalities", value, kModalitiesExpected);
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

  Result<std::optional<RecordingsEntry>> recordings() const {
    if (!json_.contains("recordings")) return std::optional<RecordingsEntry>();
    const ordered_json& entry = json_["recordings"];
    if (!entry.is_object()) return wrong("/recordings", entry, "{\"file\": ..., \"root\": ...}");
    MER_ASSIGN(std::string file, name(entry, "file", "/recordings/file"));
    if (!stays_inside(file)) return wrong("/recordings/file", file, "a path inside the corpus folder");
    MER_ASSIGN(std::string root, name(entry, "root", "/recordings/root"));
    return std::optional(RecordingsEntry{std::move(file), std::move(root)});
  }

  const std::string& path_;
  const ordered_json& json_;
};

}  // namespace

Result<CorpusHeader> read_corpus_header(const std::string& folder) {
  const std::string path = folder + "/" + kCorpusJson;
  MER_ASSIGN(const std::string text, read_file(path, kMaxJsonBytes));
  MER_ASSIGN(const ordered_json json, parse_ordered_json_text(text, path));
  return HeaderReader(path, json).read();
}

Status check_has_modality(const CorpusHeader& header, const std::string& folder) {
  if (!header.modalities.empty()) return {};
  return invalid(folder + "/" + kCorpusJson +
                 ": /modalities: found {}, expected an object with a modality or more; where recordings were imported, "
                 "merctl extract " +
                 folder + " computes features of them");
}

}  // namespace mer::data
