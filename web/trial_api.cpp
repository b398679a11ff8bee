// The part of web/api.hpp about one trial.
#include <algorithm>
#include <utility>

#include "core/json.hpp"
#include "web/api.hpp"
#include "web/json_values.hpp"

namespace mer::web {
namespace {

using Json = nlohmann::ordered_json;
using storage::ResultReader;

Json environment_value(const Environment& environment) {
  return {{"host", environment.host},
          {"device", environment.device},
          {"threads", environment.threads},
          {"pid", environment.pid},
          {"code_version", environment.code_version},
          {"versions", parsed(environment.versions)}};
}

Json failure_value(const Failure& failure) {
  return {{"kind", name_of(failure.kind)},
          {"code", failure.code},
          {"message", failure.message},
          {"log_tail", failure.log_tail}};
}

Json attempt_value(const storage::AttemptRow& attempt) {
  return {{"attempt", attempt.attempt},
          {"worker", attempt.worker},
          {"host", attempt.host},
          {"started_at", number(attempt.started_at)},
          {"ended_at", number(attempt.ended_at)},
          {"outcome", attempt.outcome},
          {"resumed_epoch", attempt.resumed_epoch},
          {"refused_checkpoints", attempt.refused_checkpoints},
          {"environment", attempt.environment ? environment_value(*attempt.environment) : Json()},
          {"failure", attempt.failure ? failure_value(*attempt.failure) : Json()}};
}

Json selected_value(const Selected& selected) {
  Json classes = Json::array();
  for (const ClassScores& scores : class_scores_of(selected.confusion)) {
    classes.push_back({{"precision", number(scores.precision)},
                       {"recall", number(scores.recall)},
                       {"f1", number(scores.f1)},
                       {"support", scores.support}});
  }
  return {{"rule", name_of(selected.rule)},
          {"oracle", selected.rule == SelectionRule::best_test},
          {"metric", name_of(selected.metric)},
          {"epoch", selected.epoch},
          {"scores", scores_value(scores_of(selected.confusion))},
          {"confusion", matrix_value(selected.confusion)},
          {"classes", std::move(classes)}};
}

Json result_value(const TrialResult& result) {
  Json selected = Json::array();
  for (const Selected& one : result.selected) selected.push_back(selected_value(one));
  return {{"epochs", result.epochs},
          {"selected", std::move(selected)},
          {"weights_sha256", result.weights_sha256},
          {"parameters", result.parameters},
          {"wall_seconds", number(result.wall_seconds)},
          {"peak_memory", result.peak_memory}};
}

Json losses_value(const LossComponents& losses) {
  Json by_modality = Json::array();
  for (const double loss : losses.auxiliary_by_modality) by_modality.push_back(number(loss));
  return {{"total", number(losses.total)},
          {"task", number(losses.task)},
          {"auxiliary", number(losses.auxiliary)},
          {"auxiliary_by_modality", std::move(by_modality)},
          {"subspace", number(losses.subspace)},
          {"similarity", number(losses.similarity)},
          {"difference", number(losses.difference)},
          {"reconstruction", number(losses.reconstruction)},
          {"cycle", number(losses.cycle)}};
}

const storage::CorpusRecord* find_corpus(const storage::SweepDetail& sweep, const CorpusId& id) {
  const auto corpus = std::ranges::find(sweep.corpora, id, &storage::CorpusRecord::id);
  return corpus == sweep.corpora.end() ? nullptr : &*corpus;
}

// Who submitted the trial, when and by what code, and where the corpus was then.
Json submission_value(const storage::SweepDetail& sweep, const CorpusId& id) {
  const storage::CorpusRecord* corpus = find_corpus(sweep, id);
  return {{"sweep", sweep.summary.id.number},
          {"name", sweep.summary.name},
          {"submitted_at", number(sweep.summary.submitted_at)},
          {"code_version", sweep.code_version},
          {"corpus_path", corpus == nullptr ? Json() : Json(corpus->path)}};
}

}  // namespace

Result<std::string> trial_json(ResultReader& reader, const TrialId& id) {
  MER_ASSIGN(const storage::TrialDetail trial, reader.trial(id));
  Json answer = envelope();
  answer["id"] = id.hex;
  answer["sweeps"] = Json::array();
  for (const SweepId sweep : trial.sweeps) answer["sweeps"].push_back(sweep.number);
  answer["submissions"] = Json::array();
  answer["labels"] = Json::array();
  for (const SweepId id_of_sweep : trial.sweeps) {
    MER_ASSIGN(const storage::SweepDetail sweep, reader.sweep(id_of_sweep));
    answer["submissions"].push_back(submission_value(sweep, trial.spec.corpus));
    const storage::CorpusRecord* corpus = find_corpus(sweep, trial.spec.corpus);
    if (answer["labels"].empty() && corpus != nullptr) answer["labels"] = corpus->labels;
  }
  answer["configuration"] = trial.spec.configuration.hex;
  answer["fold"] = {{"id", trial.spec.fold.hex}, {"name", trial.spec.fold_name}};
  answer["corpus"] = trial.spec.corpus.hex;
  answer["seed"] = trial.spec.seed;
  answer["model"] = Json(nlohmann::json(trial.spec.model));
  answer["train"] = Json(nlohmann::json(trial.spec.train));
  answer["state"] = name_of(trial.row.state);
  answer["epoch"] = trial.row.epoch;
  answer["epochs"] = trial.row.epochs;
  answer["attempt"] = trial.row.attempt;
  answer["crashes"] = trial.row.crashes;
  answer["message"] = trial.row.message;
  answer["note"] = trial.row.annotation.note;
  answer["tags"] = trial.row.annotation.tags;
  answer["attempts"] = Json::array();
  for (const auto& attempt : trial.attempts) answer["attempts"].push_back(attempt_value(attempt));
  answer["checkpoints"] = Json::array();
  for (const auto& checkpoint : trial.checkpoints) {
    answer["checkpoints"].push_back(
        {{"attempt", checkpoint.attempt}, {"epoch", checkpoint.epoch}, {"bytes", checkpoint.bytes}});
  }
  answer["result"] = trial.result ? result_value(*trial.result) : Json();
  answer["timings"] = Json::array();
  for (const EpochTiming& timing : trial.timings) {
    answer["timings"].push_back({{"epoch", timing.epoch},
                                 {"train_seconds", number(timing.train_seconds)},
                                 {"evaluate_seconds", number(timing.evaluate_seconds)},
                                 {"finished_at", number(timing.finished_at)}});
  }
  return text_of(answer);
}

Result<std::string> trial_curve_json(ResultReader& reader, const TrialId& id, Split split) {
  MER_ASSIGN(const auto rows, reader.curve(id, split));
  Json answer = envelope();
  answer["trial"] = id.hex;
  answer["split"] = name_of(split);
  answer["epochs"] = Json::array();
  for (const EpochRow& row : rows) {
    answer["epochs"].push_back({{"epoch", row.epoch},
                                {"utterances", row.utterances},
                                {"scores", scores_value(scores_of(row.confusion))},
                                {"losses", losses_value(row.losses)},
                                {"gradient_norm", number(row.gradient_norm)},
                                {"learning_rate", number(row.learning_rate)}});
  }
  return text_of(answer);
}

}  // namespace mer::web
