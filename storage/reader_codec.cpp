#include "storage/reader_codec.hpp"

#include <functional>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "core/frame.hpp"
#include "core/json.hpp"
#include "core/json_codec.hpp"
#include "core/record_fields.hpp"
#include "storage/codec.hpp"
#include "storage/submitted_fields.hpp"

namespace mer::storage {

// --- fields ---
namespace {

// A member that its own codec writes as text.
template <class T, class V, class Write, class Read>
void as_text(V& field, const char* key, T& member, Write write, Read read) {
  if constexpr (std::is_const_v<T>) {
    field(key, std::string(write(member)));
  } else {
    std::string text;
    field(key, text);
    auto value = read(text);
    if (!value) throw std::invalid_argument(std::string(key) + ": unknown value " + text);
    member = *std::move(value);
  }
}

// An optional struct: a list of none or one.
template <class T, class V>
void perhaps(V& field, const char* key, T& member) {
  std::vector<typename T::value_type> list;
  if constexpr (std::is_const_v<T>) {
    if (member) list.push_back(*member);
    field(key, list);
  } else {
    field(key, list);
    if (!list.empty()) member = std::move(list.front());
  }
}

}  // namespace

template <Is<StateCounts> S, class V>
void each_field(S& counts, V&& field) {
  field("pending", counts.pending);
  field("running", counts.running);
  field("done", counts.done);
  field("failed", counts.failed);
  field("diverged", counts.diverged);
  field("cancelled", counts.cancelled);
}

template <Is<Annotation> S, class V>
void each_field(S& annotation, V&& field) {
  field("note", annotation.note);
  field("tags", annotation.tags);
}

template <Is<SweepSummary> S, class V>
void each_field(S& sweep, V&& field) {
  field("id", sweep.id);
  field("name", sweep.name);
  field("submitted_at", sweep.submitted_at);
  field("counts", sweep.counts);
  as_text(
      field, "activity", sweep.activity, [](SweepActivity activity) { return name_of(activity); }, sweep_activity_from);
  field("priority", sweep.priority);
  field("reused", sweep.reused);
  field("annotated", sweep.annotated);
  field("annotation", sweep.annotation);
}

template <Is<ConfigurationRow> S, class V>
void each_field(S& row, V&& field) {
  field("id", row.id);
  as_text(field, "differing", row.differing, differing_to_json, differing_from_json);
  field("settings", row.settings_json);
}

template <Is<SweepDetail> S, class V>
void each_field(S& sweep, V&& field) {
  field("summary", sweep.summary);
  field("resolved", sweep.resolved_json);
  field("code_version", sweep.code_version);
  field("select", sweep.select);
  field("seeds", sweep.seeds);
  field("configurations", sweep.configurations);
  field("folds", sweep.folds);
  field("corpora", sweep.corpora);
  as_text(field, "published", sweep.published, published_to_json, published_from_json);
}

template <Is<TrialRow> S, class V>
void each_field(S& row, V&& field) {
  field("id", row.id);
  field("configuration", row.configuration);
  field("fold", row.fold);
  field("seed", row.seed);
  field("state", row.state);
  field("attempt", row.attempt);
  field("crashes", row.crashes);
  field("epoch", row.epoch);
  field("epochs", row.epochs);
  field("message", row.message);
  field("reused", row.reused);
  perhaps(field, "scores", row.scores);
  field("annotation", row.annotation);
}

template <Is<TimelineEntry> S, class V>
void each_field(S& entry, V&& field) {
  field("trial", entry.trial);
  field("configuration", entry.configuration);
  field("fold", entry.fold);
  field("seed", entry.seed);
  field("attempt", entry.attempt);
  field("worker", entry.worker);
  field("host", entry.host);
  field("group", entry.group);
  field("queued_at", entry.queued_at);
  field("started_at", entry.started_at);
  field("ended_at", entry.ended_at);
  field("outcome", entry.outcome);
  field("resumed_epoch", entry.resumed_epoch);
  field("message", entry.message);
}

template <Is<Timeline> S, class V>
void each_field(S& timeline, V&& field) {
  field("total", timeline.total);
  field("entries", timeline.entries);
}

template <Is<AttemptRow> S, class V>
void each_field(S& row, V&& field) {
  field("attempt", row.attempt);
  field("worker", row.worker);
  field("host", row.host);
  field("started_at", row.started_at);
  field("ended_at", row.ended_at);
  field("outcome", row.outcome);
  field("resumed_epoch", row.resumed_epoch);
  perhaps(field, "environment", row.environment);
  perhaps(field, "failure", row.failure);
  field("refused_checkpoints", row.refused_checkpoints);
}

template <Is<TrialDetail> S, class V>
void each_field(S& trial, V&& field) {
  field("spec", trial.spec);
  field("row", trial.row);
  field("sweeps", trial.sweeps);
  field("attempts", trial.attempts);
  field("checkpoints", trial.checkpoints);
  perhaps(field, "result", trial.result);
  field("timings", trial.timings);
}

template <Is<Aggregate> S, class V>
void each_field(S& aggregate, V&& field) {
  field("mean", aggregate.mean);
  field("sd", aggregate.sd);
  field("n", aggregate.n);
  field("expected_n", aggregate.expected_n);
  field("over_seeds", aggregate.over_seeds);
  std::vector<double> values;
  std::vector<int> complete;
  if constexpr (std::is_const_v<S>) {
    for (const auto& point : aggregate.points) {
      values.push_back(point.value_or(0));
      complete.push_back(point ? 1 : 0);
    }
  }
  field("points", values);
  field("complete", complete);
  if constexpr (!std::is_const_v<S>) {
    if (values.size() != complete.size()) throw std::invalid_argument("points: another number than complete");
    for (std::size_t i = 0; i < values.size(); ++i) {
      aggregate.points.push_back(complete[i] != 0 ? std::optional(values[i]) : std::nullopt);
    }
  }
}

template <Is<ResultRow> S, class V>
void each_field(S& row, V&& field) {
  field("configuration", row.configuration);
  field("folds", row.folds);
  field("wa", row.wa);
  field("ua", row.ua);
  field("macro_f1", row.macro_f1);
  field("weighted_f1", row.weighted_f1);
}

template <Is<TrialConfusion> S, class V>
void each_field(S& trial, V&& field) {
  field("trial", trial.trial);
  field("configuration", trial.configuration);
  field("fold", trial.fold);
  field("seed", trial.seed);
  field("confusion", trial.confusion);
}

template <Is<Prediction> S, class V>
void each_field(S& prediction, V&& field) {
  field("utterance", prediction.utterance);
  field("dialogue", prediction.dialogue);
  field("truth", prediction.truth);
  field("predicted", prediction.predicted);
  field("probabilities", prediction.probabilities);
}

// --- frames ---
namespace {

using nlohmann::json;

constexpr int kFormat = 1;

Error corrupt(const std::string& why) {
  return {ErrorCode::corrupt, "not a reader's answer of this version of mer: " + why};
}

// False: the answer would become too long.
bool append(std::string& answer, const json& value, std::size_t longest = kLongestAnswer) {
  std::string bytes;
  json::to_cbor(value, bytes);
  if (answer.size() + bytes.size() > longest) return false;
  answer += frame_of(bytes);
  return true;
}

template <class T>
json tree_of(const T& value) {
  json fields;
  JsonWriter writer(fields);
  if constexpr (std::is_same_v<T, std::int64_t> || std::is_same_v<T, TrialId>) {
    writer("value", value);
  } else {
    each_field(value, writer);
  }
  return fields;
}

template <class T>
T from_tree(const json& fields) {
  T value{};
  const JsonReader reader(fields);
  if constexpr (std::is_same_v<T, std::int64_t> || std::is_same_v<T, TrialId>) {
    reader("value", value);
  } else {
    each_field(value, reader);
  }
  return value;
}

std::string begin(const char* code, const std::string& message) {
  json head;
  head["format"] = kFormat;
  head["code"] = code;
  head["message"] = message;
  std::string answer;
  append(answer, head);
  return answer;
}

std::string failed(const Error& error) {
  return begin(mer::name_of(error.code), error.message);
}

Result<json> next_tree(FrameReader& frames) {
  MER_ASSIGN(const auto bytes, frames.next());
  if (!bytes) return corrupt("it is cut short");
  json tree = json::from_cbor(*bytes, true, false);
  if (!tree.is_object()) return corrupt("no CBOR object");
  return tree;
}

ErrorCode code_named(const std::string& name) {
  for (int code = 0; code < static_cast<int>(ErrorCode::internal); ++code) {
    if (name == mer::name_of(static_cast<ErrorCode>(code))) return static_cast<ErrorCode>(code);
  }
  return ErrorCode::internal;
}

// Error: the answer's own.
Status read_outcome(FrameReader& frames) {
  MER_ASSIGN(const json head, next_tree(frames));
  if (head.value("format", 0) != kFormat) return corrupt("another format");
  const std::string code = head.value("code", std::string("internal"));
  if (code.empty()) return {};
  return Error{code_named(code), head.value("message", std::string())};
}

// tree: of the value at a position.
std::string answer_with(std::size_t count, const std::function<json(std::size_t)>& tree, std::size_t longest) {
  std::string answer = begin("", "");
  for (std::size_t i = 0; i < count; ++i) {
    if (append(answer, tree(i), longest)) continue;
    return failed(invalid("the answer has more than " + std::to_string(longest >> 20) +
                          " MiB, too much to ask of a coordinator; ask again when it has ended"));
  }
  return answer;
}

// Gives each value's tree to `take`, which throws what a JsonReader does.
Status each_tree(std::string_view answer, const std::function<void(const json&)>& take) {
  FrameReader frames;
  frames.feed(answer);
  try {
    MER_TRY(read_outcome(frames));
    while (frames.pending() > 0) {
      MER_ASSIGN(const json tree, next_tree(frames));
      take(tree);
    }
    return {};
  } catch (const std::exception& error) {
    return corrupt(error.what());
  }
}

Status check_that_one(std::size_t values) {
  if (values == 1) return {};
  return corrupt(std::to_string(values) + " values, expected 1");
}

}  // namespace

template <class T>
std::string answer_of(const Result<std::vector<T>>& values, std::size_t longest) {
  if (!values) return failed(values.error());
  return answer_with(
      values->size(), [&](std::size_t i) { return tree_of((*values)[i]); }, longest);
}

template <class T>
std::string answer_of(const Result<T>& value) {
  if (!value) return failed(value.error());
  return answer_with(
      1, [&](std::size_t) { return tree_of(*value); }, kLongestAnswer);
}

template <class T>
Result<std::vector<T>> values_in(std::string_view answer) {
  std::vector<T> values;
  MER_TRY(each_tree(answer, [&](const json& tree) { values.push_back(from_tree<T>(tree)); }));
  return values;
}

template <class T>
Result<T> value_in(std::string_view answer) {
  MER_ASSIGN(std::vector<T> values, values_in<T>(answer));
  MER_TRY(check_that_one(values.size()));
  return std::move(values.front());
}

template std::string answer_of(const Result<std::vector<SweepSummary>>&, std::size_t);
template std::string answer_of(const Result<std::vector<TrialRow>>&, std::size_t);
template std::string answer_of(const Result<std::vector<EpochRow>>&, std::size_t);
template std::string answer_of(const Result<std::vector<ResultRow>>&, std::size_t);
template std::string answer_of(const Result<std::vector<TrialConfusion>>&, std::size_t);
template std::string answer_of(const Result<std::vector<Prediction>>&, std::size_t);
template std::string answer_of(const Result<SweepId>&);
template std::string answer_of(const Result<SweepDetail>&);
template std::string answer_of(const Result<Timeline>&);
template std::string answer_of(const Result<TrialId>&);
template std::string answer_of(const Result<TrialDetail>&);
template std::string answer_of(const Result<Selected>&);
template std::string answer_of(const Result<std::int64_t>&);
template Result<std::vector<SweepSummary>> values_in(std::string_view);
template Result<std::vector<TrialRow>> values_in(std::string_view);
template Result<std::vector<EpochRow>> values_in(std::string_view);
template Result<std::vector<ResultRow>> values_in(std::string_view);
template Result<std::vector<TrialConfusion>> values_in(std::string_view);
template Result<std::vector<Prediction>> values_in(std::string_view);
template Result<SweepId> value_in(std::string_view);
template Result<SweepDetail> value_in(std::string_view);
template Result<Timeline> value_in(std::string_view);
template Result<TrialId> value_in(std::string_view);
template Result<TrialDetail> value_in(std::string_view);
template Result<Selected> value_in(std::string_view);
template Result<std::int64_t> value_in(std::string_view);

}  // namespace mer::storage
