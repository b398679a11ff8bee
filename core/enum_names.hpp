// The name of every enumerator as it stands in sweep files, messages and databases: the one list of them.
//
// Threads: constants.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/records.hpp"
#include "core/settings.hpp"
#include "core/sweep.hpp"
#include "core/trial.hpp"

namespace mer {

template <class E>
struct NamedValue {
  E value;
  const char* name;
};

// Specialised below for every enum that is written anywhere.
template <class E>
struct EnumNames;

template <class E>
constexpr const char* enum_name(E value) {
  for (const auto& entry : EnumNames<E>::all) {
    if (entry.value == value) return entry.name;
  }
  return "";
}

template <class E>
constexpr std::optional<E> enum_from(std::string_view name) {
  for (const auto& entry : EnumNames<E>::all) {
    if (name == entry.name) return entry.value;
  }
  return std::nullopt;
}

template <class E>
std::vector<std::string> enum_names() {
  std::vector<std::string> names;
  for (const auto& entry : EnumNames<E>::all) names.emplace_back(entry.name);
  return names;
}

template <>
struct EnumNames<Recurrent> {
  static constexpr NamedValue<Recurrent> all[] = {
      {Recurrent::gru, "gru"}, {Recurrent::bigru, "bigru"}, {Recurrent::lstm, "lstm"}, {Recurrent::bilstm, "bilstm"}};
};
template <>
struct EnumNames<RecurrentWidth> {
  static constexpr NamedValue<RecurrentWidth> all[] = {{RecurrentWidth::split, "split"},
                                                       {RecurrentWidth::full, "full"}};
};
template <>
struct EnumNames<AttentionForm> {
  static constexpr NamedValue<AttentionForm> all[] = {{AttentionForm::multi_head, "multi-head"},
                                                      {AttentionForm::bilinear, "bilinear"}};
};
template <>
struct EnumNames<EncoderForm> {
  static constexpr NamedValue<EncoderForm> all[] = {{EncoderForm::sigmoid, "sigmoid"}, {EncoderForm::linear, "linear"}};
};
template <>
struct EnumNames<SimilarityNorm> {
  static constexpr NamedValue<SimilarityNorm> all[] = {{SimilarityNorm::l2, "l2"},
                                                       {SimilarityNorm::squared_l2, "squared-l2"}};
};
template <>
struct EnumNames<DifferenceForm> {
  static constexpr NamedValue<DifferenceForm> all[] = {{DifferenceForm::normalised, "normalised"},
                                                       {DifferenceForm::literal, "literal"}};
};
template <>
struct EnumNames<OptimizerKind> {
  static constexpr NamedValue<OptimizerKind> all[] = {
      {OptimizerKind::adam, "adam"}, {OptimizerKind::adamw, "adamw"}, {OptimizerKind::sgd, "sgd"}};
};
template <>
struct EnumNames<Dtype> {
  static constexpr NamedValue<Dtype> all[] = {{Dtype::float32, "float32"}, {Dtype::float64, "float64"}};
};
template <>
struct EnumNames<FoldSchemeKind> {
  static constexpr NamedValue<FoldSchemeKind> all[] = {{FoldSchemeKind::session_holdout, "session-holdout"},
                                                       {FoldSchemeKind::session, "session"},
                                                       {FoldSchemeKind::speaker, "speaker"},
                                                       {FoldSchemeKind::speaker_pairs, "speaker-pairs"},
                                                       {FoldSchemeKind::explicit_file, "explicit"}};
};
template <>
struct EnumNames<ValidationKind> {
  static constexpr NamedValue<ValidationKind> all[] = {{ValidationKind::none, "none"},
                                                       {ValidationKind::partner, "partner"},
                                                       {ValidationKind::next_session, "next-session"},
                                                       {ValidationKind::dialogues, "dialogues"}};
};
template <>
struct EnumNames<FoldContext> {
  static constexpr NamedValue<FoldContext> all[] = {{FoldContext::own, "own"}, {FoldContext::full, "full"}};
};
template <>
struct EnumNames<DeviceChoice> {
  static constexpr NamedValue<DeviceChoice> all[] = {
      {DeviceChoice::automatic, "auto"}, {DeviceChoice::cpu, "cpu"}, {DeviceChoice::cuda, "cuda"}};
};
template <>
struct EnumNames<TrialState> {
  static constexpr NamedValue<TrialState> all[] = {
      {TrialState::pending, "pending"}, {TrialState::running, "running"},   {TrialState::done, "done"},
      {TrialState::failed, "failed"},   {TrialState::diverged, "diverged"}, {TrialState::cancelled, "cancelled"}};
};
template <>
struct EnumNames<Split> {
  static constexpr NamedValue<Split> all[] = {
      {Split::train, "train"}, {Split::validation, "validation"}, {Split::test, "test"}};
};
template <>
struct EnumNames<SelectionRule> {
  static constexpr NamedValue<SelectionRule> all[] = {{SelectionRule::last, "last"},
                                                      {SelectionRule::best_validation, "best-validation"},
                                                      {SelectionRule::best_test, "best-test"}};
};
template <>
struct EnumNames<Metric> {
  static constexpr NamedValue<Metric> all[] = {
      {Metric::wa, "wa"}, {Metric::ua, "ua"}, {Metric::macro_f1, "macro_f1"}, {Metric::weighted_f1, "weighted_f1"}};
};
template <>
struct EnumNames<Work> {
  static constexpr NamedValue<Work> all[] = {{Work::gather, "gather"},         {Work::forward, "forward"},
                                             {Work::losses, "losses"},         {Work::backward, "backward"},
                                             {Work::optimizer, "optimizer"},   {Work::evaluation, "evaluation"},
                                             {Work::checkpoint, "checkpoint"}, {Work::other, "other"}};
};
template <>
struct EnumNames<Failure::Kind> {
  static constexpr NamedValue<Failure::Kind> all[] = {
      {Failure::Kind::exit, "exit"},   {Failure::Kind::signal, "signal"}, {Failure::Kind::hang, "hang"},
      {Failure::Kind::start, "start"}, {Failure::Kind::error, "error"},   {Failure::Kind::memory, "memory"}};
};

}  // namespace mer
