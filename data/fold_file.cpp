// The explicit scheme: folds listed in a JSON file by speaker or utterance id.
#include <algorithm>
#include <optional>
#include <set>
#include <unordered_map>

#include "core/json.hpp"
#include "core/json_text.hpp"
#include "core/quoting.hpp"
#include "data/file_io.hpp"
#include "data/fold_parts.hpp"

namespace mer::data {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxFileBytes = std::size_t{256} << 20;

class FoldFileReader {
 public:
  FoldFileReader(const Corpus& corpus, const std::string& path) : path_(path) {
    for (std::size_t row = 0; row < corpus.utterances.size(); ++row) {
      const Utterance& utterance = corpus.utterances[row];
      by_utterance_[utterance.id].push_back(std::uint32_t(row));
      by_speaker_[utterance.speaker].push_back(std::uint32_t(row));
    }
  }

  Result<std::vector<FoldParts>> read(const Corpus& corpus, const json& file) {
    if (!file.is_object()) return wrong("", file, "{\"format\": 1, \"folds\": [...]}");
    MER_TRY(check_keys("", file, {"format", "folds"}));
    if (file.value("format", json()) != 1) return wrong("/format", file.value("format", json()), "1");
    const json folds = file.value("folds", json());
    if (!folds.is_array() || folds.empty()) return wrong("/folds", folds, "a list of one fold or more");
    std::vector<FoldParts> all;
    for (const json& fold : folds) {
      MER_ASSIGN(FoldParts parts, read_fold(corpus, "/folds/" + std::to_string(all.size()), fold));
      all.push_back(std::move(parts));
    }
    return all;
  }

 private:
  using RowsByName = std::unordered_map<std::string, Rows>;

  Error wrong(const std::string& pointer, const json& value, const std::string& expected) const {
    return invalid(path_ + ": " + (pointer.empty() ? "" : pointer + ": ") + "found " + shown(value) + ", expected " +
                   expected);
  }

  Status check_keys(const std::string& pointer, const json& object, const std::vector<std::string>& known) const {
    for (const auto& [key, value] : object.items()) {
      if (std::ranges::find(known, key) == known.end()) {
        return invalid(path_ + ": " + pointer + ": unknown key " + quote(key) + ", known are " + quote_list(known));
      }
    }
    return {};
  }

  Result<FoldParts> read_fold(const Corpus& corpus, const std::string& pointer, const json& fold) {
    if (!fold.is_object()) return wrong(pointer, fold, "{\"name\": ..., \"test\": {...}}");
    MER_TRY(check_keys(pointer, fold, {"name", "test", "validation", "train", "may_share_speakers"}));
    const json name = fold.value("name", json());
    if (!name.is_string() || name.get<std::string>().empty()) return wrong(pointer + "/name", name, "a text");
    if (!names_.insert(name.get<std::string>()).second) return wrong(pointer + "/name", name, "each name once");
    const json may_share = fold.value("may_share_speakers", json(false));
    if (!may_share.is_boolean()) return wrong(pointer + "/may_share_speakers", may_share, "true or false");

    FoldParts parts;
    parts.name = name.get<std::string>();
    parts.may_share_speakers = may_share.get<bool>();
    MER_ASSIGN(parts.test, read_part(pointer + "/test", fold.value("test", json())));
    if (fold.contains("validation")) {
      MER_ASSIGN(parts.validation, read_part(pointer + "/validation", fold["validation"]));
    }
    if (fold.contains("train")) {
      MER_ASSIGN(parts.train, read_part(pointer + "/train", fold["train"]));
    } else {
      parts.train = rest_of(corpus, parts.test);
      remove_rows(corpus, parts.train, parts.validation);
    }
    return parts;
  }

  Result<Rows> read_part(const std::string& pointer, const json& part) const {
    const std::string expected = "{\"speakers\": [...]} or {\"utterances\": [...]}";
    if (!part.is_object() || part.size() != 1) return wrong(pointer, part, expected);
    if (part.contains("speakers")) return rows_of(pointer + "/speakers", part["speakers"], by_speaker_, "speaker");
    if (part.contains("utterances")) {
      return rows_of(pointer + "/utterances", part["utterances"], by_utterance_, "utterance");
    }
    return wrong(pointer, part, expected);
  }

  Result<Rows> rows_of(const std::string& pointer, const json& names, const RowsByName& known,
                       const std::string& kind) const {
    if (!names.is_array() || names.empty()) return wrong(pointer, names, "a list of one " + kind + " id or more");
    Rows rows;
    std::set<std::string> seen;
    std::size_t position = 0;
    for (const json& name : names) {
      const std::string at = pointer + "/" + std::to_string(position++);
      const auto found = name.is_string() ? known.find(name.get<std::string>()) : known.end();
      if (found == known.end()) return wrong(at, name, "one of the corpus's " + kind + " ids");
      if (!seen.insert(found->first).second) return wrong(at, name, "each " + kind + " once");
      rows.insert(rows.end(), found->second.begin(), found->second.end());
    }
    return rows;
  }

  const std::string& path_;
  RowsByName by_utterance_, by_speaker_;
  std::set<std::string> names_;
};

}  // namespace

Result<std::vector<FoldParts>> read_fold_file(const Corpus& corpus, const std::string& path) {
  MER_ASSIGN(const std::string text, read_file(path, kMaxFileBytes));
  MER_ASSIGN(const json file, parse_json_text(text, path));
  return FoldFileReader(corpus, path).read(corpus, file);
}

}  // namespace mer::data
