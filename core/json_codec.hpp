// JsonWriter and JsonReader: structs to JSON values and back, from one list of fields for both directions.
//
// A struct takes part by an each_field(object, visitor) that calls visitor(key, member) for each of its members.
// Absent optionals are null, but for an optional<bool>, which is "n/a" as in sweep files; vector<float> and bytes are
// binary (CBOR only). Numbers are checked against the member's type. Threads: plain values. Errors: JsonReader throws
// std::exception's children on anything unexpected, so that only decoders with a catch may use it.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "core/enum_names.hpp"
#include "core/ids.hpp"
#include "core/scores.hpp"

namespace mer {

// S is T or const T: lets one each_field serve reading and writing.
template <class S, class T>
concept Is = std::same_as<std::remove_const_t<S>, T>;

class JsonWriter {
 public:
  explicit JsonWriter(nlohmann::json& out);  // becomes an object; outlives the writer

  void operator()(const char* key, bool value);
  void operator()(const char* key, int value);
  void operator()(const char* key, std::int64_t value);
  void operator()(const char* key, std::uint64_t value);
  void operator()(const char* key, double value);
  void operator()(const char* key, const std::string& value);
  void operator()(const char* key, const std::optional<bool>& value);
  void operator()(const char* key, const std::optional<double>& value);
  void operator()(const char* key, const std::optional<std::int64_t>& value);
  void operator()(const char* key, const std::vector<std::string>& value);
  void operator()(const char* key, const std::vector<int>& value);
  void operator()(const char* key, const std::vector<std::uint64_t>& value);
  void operator()(const char* key, const std::vector<double>& value);
  void operator()(const char* key, const std::vector<float>& value);
  void operator()(const char* key, const std::vector<std::uint8_t>& value);
  void operator()(const char* key, const ConfusionMatrix& value);

  template <class E>
  requires std::is_enum_v<E>
  void operator()(const char* key, E value) { (*this)(key, std::string(enum_name(value))); }
  template <class Tag>
  void operator()(const char* key, const HashId<Tag>& value) {
    (*this)(key, value.hex);
  }
  template <class Tag>
  void operator()(const char* key, const std::vector<HashId<Tag>>& values) {
    std::vector<std::string> digits;
    for (const auto& value : values) digits.push_back(value.hex);
    (*this)(key, digits);
  }
  template <class T>
  requires std::is_class_v<T>
  void operator()(const char* key, const T& value) {
    JsonWriter writer(member(key));
    each_field(value, writer);
  }
  template <class T>
  requires std::is_class_v<T>
  void operator()(const char* key, const std::vector<T>& values) {
    begin_array(key);
    for (const T& value : values) {
      JsonWriter writer(add_to(key));
      each_field(value, writer);
    }
  }

 private:
  nlohmann::json& member(const char* key);
  void begin_array(const char* key);
  nlohmann::json& add_to(const char* key);

  nlohmann::json& out_;
};

class JsonReader {
 public:
  explicit JsonReader(const nlohmann::json& in);  // throws unless it is an object

  void operator()(const char* key, bool& value) const;
  void operator()(const char* key, int& value) const;
  void operator()(const char* key, std::int64_t& value) const;
  void operator()(const char* key, std::uint64_t& value) const;
  void operator()(const char* key, double& value) const;
  void operator()(const char* key, std::string& value) const;
  void operator()(const char* key, std::optional<bool>& value) const;
  void operator()(const char* key, std::optional<double>& value) const;
  void operator()(const char* key, std::optional<std::int64_t>& value) const;
  void operator()(const char* key, std::vector<std::string>& value) const;
  void operator()(const char* key, std::vector<int>& value) const;
  void operator()(const char* key, std::vector<std::uint64_t>& value) const;
  void operator()(const char* key, std::vector<double>& value) const;
  void operator()(const char* key, std::vector<float>& value) const;
  void operator()(const char* key, std::vector<std::uint8_t>& value) const;
  void operator()(const char* key, ConfusionMatrix& value) const;

  template <class E>
  requires std::is_enum_v<E>
  void operator()(const char* key, E& value) const {
    std::string name;
    (*this)(key, name);
    const std::optional<E> found = enum_from<E>(name);
    if (!found) throw std::invalid_argument(std::string(key) + ": unknown value " + name);
    value = *found;
  }
  template <class Tag>
  void operator()(const char* key, HashId<Tag>& value) const {
    (*this)(key, value.hex);
  }
  template <class Tag>
  void operator()(const char* key, std::vector<HashId<Tag>>& values) const {
    std::vector<std::string> digits;
    (*this)(key, digits);
    values.clear();
    for (std::string& hex : digits) values.push_back({std::move(hex)});
  }
  template <class T>
  requires std::is_class_v<T>
  void operator()(const char* key, T& value) const {
    const JsonReader reader(member(key));
    each_field(value, reader);
  }
  template <class T>
  requires std::is_class_v<T>
  void operator()(const char* key, std::vector<T>& values) const {
    values.assign(array_size(key), T());
    for (std::size_t i = 0; i < values.size(); ++i) {
      const JsonReader reader(element(key, i));
      each_field(values[i], reader);
    }
  }

 private:
  const nlohmann::json& member(const char* key) const;
  std::size_t array_size(const char* key) const;  // throws unless the member is an array
  const nlohmann::json& element(const char* key, std::size_t i) const;

  const nlohmann::json& in_;
};

// --- the fields of the structs that several codecs share ---

template <Is<ModelSettings> S, class V>
void each_field(S& model, V&& field) {
  field("modalities", model.modalities);
  field("hidden", model.hidden);
  field("heads", model.heads);
  field("dropout", model.dropout);
  field("recurrent", model.recurrent);
  field("self_attention", model.self_attention);
  field("auxiliary_loss", model.auxiliary_loss);
  field("subspace", model.subspace);
  field("cross_attention", model.cross_attention);
  field("alpha", model.alpha);
  field("beta", model.beta);
  field("recurrent_width", model.recurrent_width);
  field("self_attention_form", model.self_attention_form);
  field("self_attention_residual", model.self_attention_residual);
  field("encoder", model.encoder);
  field("similarity_norm", model.similarity_norm);
  field("similarity_moments", model.similarity_moments);
  field("difference", model.difference);
  field("cross_attention_residual", model.cross_attention_residual);
  field("cross_attention_feed_forward", model.cross_attention_feed_forward);
  field("cross_attention_positions", model.cross_attention_positions);
}

template <Is<TrainSettings> S, class V>
void each_field(S& train, V&& field) {
  field("epochs", train.epochs);
  field("batch_dialogues", train.batch_dialogues);
  field("optimizer", train.optimizer);
  field("learning_rate", train.learning_rate);
  field("weight_decay", train.weight_decay);
  field("standardise", train.standardise);
  field("evaluate_every", train.evaluate_every);
  field("dtype", train.dtype);
}

template <Is<TrialSpec> S, class V>
void each_field(S& spec, V&& field) {
  field("id", spec.id);
  field("configuration", spec.configuration);
  field("fold", spec.fold);
  field("corpus", spec.corpus);
  field("fold_name", spec.fold_name);
  field("seed", spec.seed);
  field("model", spec.model);
  field("train", spec.train);
}

template <Is<Profile> S, class V>
void each_field(S& profile, V&& field) {
  field("steps", profile.steps);
  for (const auto& [work, name] : EnumNames<Work>::all) field(name, profile.seconds[std::size_t(work)]);
}

template <Is<CheckpointRecord> S, class V>
void each_field(S& checkpoint, V&& field) {
  field("trial", checkpoint.trial);
  field("attempt", checkpoint.attempt);
  field("epoch", checkpoint.epoch);
  field("file", checkpoint.file);
  field("sha256", checkpoint.sha256);
  field("bytes", checkpoint.bytes);
}

template <Is<TrialJob> S, class V>
void each_field(S& job, V&& field) {
  field("spec", job.spec);
  field("attempt", job.attempt);
  field("resume", job.resume);
}

template <Is<StackJob> S, class V>
void each_field(S& job, V&& field) {
  field("store", job.store);
  field("corpus_path", job.corpus_path);
  field("broadcast_features", job.broadcast_features);
  field("device", job.device);
  field("gpu_fraction", job.gpu_fraction);
  field("threads", job.threads);
  field("checkpoint_seconds", job.checkpoint_seconds);
  field("record_representations", job.record_representations);
  field("slots", job.slots);
  field("gang", job.gang);
  field("gang_rank", job.gang_rank);
  field("memory", job.memory);
  field("trials", job.trials);
}

}  // namespace mer
