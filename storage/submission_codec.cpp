#include "storage/submission_codec.hpp"

#include <cstdint>
#include <utility>

#include "core/json.hpp"
#include "core/json_codec.hpp"
#include "core/sweep_file.hpp"
#include "storage/submitted_fields.hpp"

namespace mer::storage {
namespace {

using nlohmann::json;

constexpr int kFormat = 3;

template <class T>
json json_of(const T& record) {
  json fields;
  each_field(record, JsonWriter(fields));
  return fields;
}
template <class T>
T record_from(const json& fields) {
  T record;
  each_field(record, JsonReader(fields));
  return record;
}

json json_of(const TestPart& part) {
  return {part.utterances, part.truth, part.dialogues};
}
TestPart test_part_from(const json& part) {
  return {part.at(0).get<std::vector<std::string>>(), part.at(1).get<std::vector<int>>(),
          part.at(2).get<std::vector<std::string>>()};
}

json json_of(const PlannedTrial& trial, const Submission& submission) {
  std::size_t corpus = 0;
  while (submission.corpora[corpus].id != trial.spec.corpus) ++corpus;
  return {trial.spec.id.hex, trial.configuration, trial.fold, corpus, trial.spec.seed};
}
PlannedTrial trial_from(const json& given, const Submission& submission) {
  PlannedTrial trial;
  trial.configuration = given.at(1);
  trial.fold = given.at(2);
  const Configuration& configuration = submission.sweep.configurations.at(std::size_t(trial.configuration));
  const FoldRecord& fold = submission.folds.at(std::size_t(trial.fold));
  trial.spec.id.hex = given.at(0);
  trial.spec.configuration = configuration.id;
  trial.spec.fold = fold.id;
  trial.spec.fold_name = fold.name;
  trial.spec.corpus = submission.corpora.at(given.at(3).get<std::size_t>()).id;
  trial.spec.seed = given.at(4);
  trial.spec.model = configuration.model;
  trial.spec.train = configuration.train;
  return trial;
}

Error corrupt(const std::string& why) {
  return {ErrorCode::corrupt, "not a submission of this version of mer: " + why};
}

// Throws what the JSON library and at() throw.
Result<Submission> decode(const json& given) {
  if (given.at("format") != kFormat) return corrupt("format " + given.at("format").dump());
  Submission submission;
  MER_ASSIGN(submission.sweep, sweep_from_resolved(given.at("resolved")));
  const json& ids = given.at("configurations");
  if (ids.size() != submission.sweep.configurations.size()) return corrupt("another number of configurations");
  for (std::size_t i = 0; i < ids.size(); ++i) submission.sweep.configurations[i].id.hex = ids[i];
  for (const json& corpus : given.at("corpora")) submission.corpora.push_back(record_from<CorpusRecord>(corpus));
  for (const json& fold : given.at("folds")) submission.folds.push_back(record_from<FoldRecord>(fold));
  for (const json& part : given.at("test_parts")) submission.test_parts.push_back(test_part_from(part));
  for (const json& trial : given.at("trials")) submission.trials.push_back(trial_from(trial, submission));
  submission.code_version = given.at("code_version");
  submission.submitted_at = given.at("submitted_at");
  submission.priority = given.at("priority");
  submission.fresh = given.at("fresh");
  return submission;
}

}  // namespace

std::string bytes_of(const Submission& submission) {
  json ids = json::array(), corpora = json::array(), folds = json::array(), parts = json::array(),
       trials = json::array();
  for (const auto& configuration : submission.sweep.configurations) ids.push_back(configuration.id.hex);
  for (const auto& corpus : submission.corpora) corpora.push_back(json_of(corpus));
  for (const auto& fold : submission.folds) folds.push_back(json_of(fold));
  for (const auto& part : submission.test_parts) parts.push_back(json_of(part));
  for (const auto& trial : submission.trials) trials.push_back(json_of(trial, submission));
  json all;
  all["format"] = kFormat;
  all["resolved"] = submission.sweep.resolved_json;
  all["configurations"] = std::move(ids);
  all["corpora"] = std::move(corpora);
  all["folds"] = std::move(folds);
  all["test_parts"] = std::move(parts);
  all["trials"] = std::move(trials);
  all["code_version"] = submission.code_version;
  all["submitted_at"] = submission.submitted_at;
  all["priority"] = submission.priority;
  all["fresh"] = submission.fresh;
  std::string bytes;
  json::to_cbor(all, bytes);
  return bytes;
}

Result<Submission> submission_from(std::string_view bytes) {
  const json given = json::from_cbor(bytes, true, false);
  if (!given.is_object()) return corrupt("no CBOR object");
  try {
    return decode(given);
  } catch (const std::exception& error) {
    return corrupt(error.what());
  }
}

}  // namespace mer::storage
