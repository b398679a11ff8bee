#include "data/fold.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <unordered_map>

#include "core/enum_names.hpp"
#include "core/json.hpp"
#include "core/json_text.hpp"
#include "core/quoting.hpp"
#include "data/content_hash.hpp"
#include "data/fold_parts.hpp"

namespace mer::data {
namespace {

constexpr int kFoldFormat = 1;
constexpr std::array<const char*, 3> kPartNames = {"train", "validation", "test"};

std::array<const Rows*, 3> parts_of(const Fold& fold) {
  return {&fold.train, &fold.validation, &fold.test};
}

std::vector<std::string> sorted_ids(const Corpus& corpus, const Rows& rows) {
  std::vector<std::string> ids;
  ids.reserve(rows.size());
  for (const std::uint32_t row : rows) ids.push_back(corpus.utterances[row].id);
  std::ranges::sort(ids);
  return ids;
}

FoldId fold_id_of(const Corpus& corpus, const Fold& fold) {
  ContentHash hash("mer fold 1");
  hash.text(to_string(fold.context));
  for (const Rows* part : parts_of(fold)) {
    hash.number(part->size());
    for (const std::string& id : sorted_ids(corpus, *part)) hash.text(id);
  }
  return {hash.hex()};
}

// What of `key` (a speaker, a dialogue) stands in two parts: the key and both part names.
struct Shared {
  std::string key;
  std::string parts;
};

template <class KeyOf>
std::optional<Shared> first_shared(const Fold& fold, KeyOf key_of) {
  std::unordered_map<std::string, const char*> seen;
  for (std::size_t part = 0; part < kPartNames.size(); ++part) {
    for (const std::uint32_t row : *parts_of(fold)[part]) {
      const auto [found, is_new] = seen.emplace(key_of(row), kPartNames[part]);
      if (!is_new && found->second != kPartNames[part]) {
        return Shared{found->first, std::string(found->second) + " and " + kPartNames[part]};
      }
    }
  }
  return std::nullopt;
}

std::optional<Shared> shared_speaker(const Corpus& corpus, const Fold& fold) {
  return first_shared(fold, [&](std::uint32_t row) { return corpus.utterances[row].speaker; });
}

// The facts that follow from the parts.
void describe(const Corpus& corpus, Fold& fold) {
  fold.shares_speakers = shared_speaker(corpus, fold).has_value();
  fold.shares_dialogues =
      first_shared(fold, [&](std::uint32_t row) { return corpus.utterances[row].dialogue; }).has_value();
  fold.id = fold_id_of(corpus, fold);
}

Error fold_error(const std::string& name, const std::string& problem) {
  return invalid("fold " + quote(name) + ": " + problem);
}

// --- reading ---

using RowsById = std::unordered_map<std::string_view, std::uint32_t>;

Error corrupt_fold(const std::string& problem) {
  return {ErrorCode::corrupt, "fold file: " + problem};
}

Result<Rows> rows_from(const nlohmann::json& json, const char* part, const RowsById& rows_by_id) {
  const nlohmann::json ids = json.contains(part) ? json[part] : nlohmann::json();
  if (!ids.is_array()) return corrupt_fold(std::string("/") + part + " is not a list of utterance ids");
  Rows rows;
  for (const nlohmann::json& id : ids) {
    const auto found = id.is_string() ? rows_by_id.find(id.get_ref<const std::string&>()) : rows_by_id.end();
    if (found == rows_by_id.end()) {
      return corrupt_fold(std::string("/") + part + "/" + std::to_string(rows.size()) + " names utterance " +
                          shown(id) + ", which the corpus lacks");
    }
    rows.push_back(found->second);
  }
  std::ranges::sort(rows);
  return rows;
}

Result<Fold> fold_from(const nlohmann::json& json, const Corpus& corpus) {
  const auto is_text = [&](const char* key) { return json.contains(key) && json[key].is_string(); };
  if (!json.is_object() || !is_text("id") || !is_text("name") || !is_text("context") ||
      json.value("format", nlohmann::json()) != kFoldFormat) {
    return corrupt_fold("expected {\"format\": 1, \"id\", \"name\", \"context\", \"train\", \"validation\", \"test\"}");
  }
  const auto context = enum_from<FoldContext>(json["context"].get_ref<const std::string&>());
  if (!context) return corrupt_fold("context is " + shown(json["context"]) + ", expected \"own\" or \"full\"");
  Fold fold;
  fold.name = json["name"].get<std::string>();
  fold.context = *context;
  RowsById rows_by_id;
  for (std::size_t row = 0; row < corpus.utterances.size(); ++row) {
    rows_by_id.emplace(corpus.utterances[row].id, std::uint32_t(row));
  }
  MER_ASSIGN(fold.train, rows_from(json, "train", rows_by_id));
  MER_ASSIGN(fold.validation, rows_from(json, "validation", rows_by_id));
  MER_ASSIGN(fold.test, rows_from(json, "test", rows_by_id));
  describe(corpus, fold);
  if (json["id"] != fold.id.hex) {
    return corrupt_fold("hash " + shown(json["id"]) + " does not fit the content, which hashes to " + fold.id.hex);
  }
  return fold;
}

}  // namespace

Rows rest_of(const Corpus& corpus, const Rows& taken) {
  Rows rows(corpus.utterances.size());
  for (std::size_t row = 0; row < rows.size(); ++row) rows[row] = std::uint32_t(row);
  remove_rows(corpus, rows, taken);
  return rows;
}

void remove_rows(const Corpus& corpus, Rows& rows, const Rows& taken) {
  std::vector<bool> is_taken(corpus.utterances.size());
  for (const std::uint32_t row : taken) is_taken[row] = true;
  std::erase_if(rows, [&](std::uint32_t row) { return is_taken[row]; });
}

Result<Fold> checked_fold(const Corpus& corpus, FoldParts parts, FoldContext context) {
  Fold fold;
  fold.name = std::move(parts.name);
  fold.context = context;
  fold.train = std::move(parts.train);
  fold.validation = std::move(parts.validation);
  fold.test = std::move(parts.test);
  if (labelled(corpus, fold.test).empty()) return fold_error(fold.name, "no utterance is left to test on");
  if (labelled(corpus, fold.train).empty()) return fold_error(fold.name, "no utterance is left to train on");
  for (Rows* part : {&fold.train, &fold.validation, &fold.test}) std::ranges::sort(*part);

  std::vector<const char*> part_of(corpus.utterances.size(), nullptr);
  for (std::size_t part = 0; part < kPartNames.size(); ++part) {
    for (const std::uint32_t row : *parts_of(fold)[part]) {
      if (part_of[row] != nullptr) {
        return fold_error(fold.name, "utterance " + quote(corpus.utterances[row].id) + " stands in " + part_of[row] +
                                         " and in " + kPartNames[part]);
      }
      part_of[row] = kPartNames[part];
    }
  }
  if (!parts.may_share_speakers) {
    if (const auto shared = shared_speaker(corpus, fold)) {
      return fold_error(fold.name, "speaker " + quote(shared->key) + " stands in " + shared->parts +
                                       ": results would not be speaker-independent");
    }
  }
  describe(corpus, fold);
  return fold;
}

std::string fold_to_json(const Fold& fold, const Corpus& corpus) {
  nlohmann::ordered_json json = {
      {"format", kFoldFormat}, {"id", fold.id.hex}, {"name", fold.name}, {"context", to_string(fold.context)}};
  for (std::size_t part = 0; part < kPartNames.size(); ++part) {
    json[kPartNames[part]] = sorted_ids(corpus, *parts_of(fold)[part]);
  }
  return json.dump(1) + "\n";
}

Result<Fold> fold_from_json(const std::string& text, const Corpus& corpus) {
  const auto json = parse_json_text(text, "fold file");
  if (!json) return Error{ErrorCode::corrupt, json.error().message};
  return fold_from(*json, corpus);
}

Rows labelled(const Corpus& corpus, const Rows& rows) {
  Rows result;
  std::ranges::copy_if(rows, std::back_inserter(result),
                       [&](std::uint32_t row) { return corpus.utterances[row].label != kNoLabel; });
  return result;
}

std::vector<PartDialogue> dialogues_of(const Corpus& corpus, const Fold& fold, const Rows& part) {
  std::vector<bool> in_part(corpus.utterances.size());
  for (const std::uint32_t row : part) in_part[row] = true;
  const auto is_scored = [&](std::uint32_t row) { return in_part[row] && corpus.utterances[row].label != kNoLabel; };
  std::vector<PartDialogue> dialogues;
  for (const Dialogue& dialogue : corpus.dialogues) {
    if (std::ranges::none_of(dialogue.rows, is_scored)) continue;
    PartDialogue cut;
    for (const std::uint32_t row : dialogue.rows) {
      if (!in_part[row] && fold.context == FoldContext::own) continue;
      cut.rows.push_back(row);
      cut.scored.push_back(is_scored(row));
    }
    dialogues.push_back(std::move(cut));
  }
  return dialogues;
}

}  // namespace mer::data
