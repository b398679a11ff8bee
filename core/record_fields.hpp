// The fields of records.hpp for JsonWriter and JsonReader: one list for messages and for what a reader answers.
//
// Threads: plain values. Errors: as JsonReader's.
#pragma once

#include "core/ids.hpp"
#include "core/json_codec.hpp"
#include "core/records.hpp"
#include "core/sweep.hpp"

namespace mer {

template <Is<SweepId> S, class V>
void each_field(S& id, V&& field) {
  field("number", id.number);
}

template <Is<Scores> S, class V>
void each_field(S& scores, V&& field) {
  field("wa", scores.wa);
  field("ua", scores.ua);
  field("macro_f1", scores.macro_f1);
  field("weighted_f1", scores.weighted_f1);
}

template <Is<SelectSettings> S, class V>
void each_field(S& select, V&& field) {
  field("epoch", select.epoch);
  field("metric", select.metric);
}

template <Is<LossComponents> S, class V>
void each_field(S& losses, V&& field) {
  field("total", losses.total);
  field("task", losses.task);
  field("auxiliary", losses.auxiliary);
  field("auxiliary_by_modality", losses.auxiliary_by_modality);
  field("subspace", losses.subspace);
  field("similarity", losses.similarity);
  field("difference", losses.difference);
  field("reconstruction", losses.reconstruction);
  field("cycle", losses.cycle);
}

template <Is<EpochRow> S, class V>
void each_field(S& row, V&& field) {
  field("split", row.split);
  field("epoch", row.epoch);
  field("utterances", row.utterances);
  field("losses", row.losses);
  field("confusion", row.confusion);
  field("gradient_norm", row.gradient_norm);
  field("learning_rate", row.learning_rate);
}

template <Is<EpochTiming> S, class V>
void each_field(S& timing, V&& field) {
  field("epoch", timing.epoch);
  field("train_seconds", timing.train_seconds);
  field("evaluate_seconds", timing.evaluate_seconds);
  field("finished_at", timing.finished_at);
}

template <Is<Selected> S, class V>
void each_field(S& selected, V&& field) {
  field("rule", selected.rule);
  field("metric", selected.metric);
  field("epoch", selected.epoch);
  field("confusion", selected.confusion);
  field("probabilities", selected.probabilities);
}

template <Is<Environment> S, class V>
void each_field(S& environment, V&& field) {
  field("host", environment.host);
  field("device", environment.device);
  field("code_version", environment.code_version);
  field("versions", environment.versions);
  field("threads", environment.threads);
  field("pid", environment.pid);
}

template <Is<TrialResult> S, class V>
void each_field(S& result, V&& field) {
  field("epochs", result.epochs);
  field("selected", result.selected);
  field("weights_sha256", result.weights_sha256);
  field("parameters", result.parameters);
  field("wall_seconds", result.wall_seconds);
  field("peak_memory", result.peak_memory);
  field("profile", result.profile);
}

template <Is<Failure> S, class V>
void each_field(S& failure, V&& field) {
  field("kind", failure.kind);
  field("code", failure.code);
  field("message", failure.message);
  field("log_tail", failure.log_tail);
}

}  // namespace mer
