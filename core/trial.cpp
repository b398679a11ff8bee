#include "core/trial.hpp"

#include <tuple>

#include "core/json.hpp"
#include "core/json_codec.hpp"
#include "core/sha256.hpp"
#include "core/shape.hpp"

namespace mer {

using nlohmann::json;

TrialId trial_id_of(const TrialSpec& spec) {
  const json identity = {{"kind", "trial"},
                         {"corpus", spec.corpus.hex},
                         {"fold", spec.fold.hex},
                         {"seed", spec.seed},
                         {"model", without_defaults(spec.model, ModelSettings())},
                         {"train", without_defaults(spec.train, TrainSettings())}};
  return {short_hash(identity.dump(-1, ' ', false, json::error_handler_t::replace))};
}

std::string shape_key_of(const TrialSpec& spec) {
  ModelSettings architecture = spec.model;
  architecture.dropout = architecture.alpha = architecture.beta = 0;  // these differ by slot
  const json key = {architecture, to_string(spec.train.dtype), to_string(spec.train.optimizer), spec.corpus.hex};
  return key.dump();
}

// Compares in place: a job may hold thousands of trials.
bool same_stack(const StackJob& a, const StackJob& b) {
  const auto start_of = [](const StackJob& job) {
    return std::tie(job.store, job.corpus_path, job.broadcast_features, job.device, job.gpu_fraction, job.threads,
                    job.checkpoint_seconds, job.record_representations, job.slots, job.gang, job.gang_rank, job.memory);
  };
  return start_of(a) == start_of(b) && same_shape(a.trials.front().spec, b.trials.front().spec);
}

const char* name_of(TrialState state) {
  return enum_name(state);
}
std::optional<TrialState> trial_state_from(const std::string& name) {
  return enum_from<TrialState>(name);
}
const char* name_of(DeviceChoice choice) {
  return enum_name(choice);
}

void to_json(json& out, const TrialSpec& spec) {
  each_field(spec, JsonWriter(out));
}
void from_json(const json& in, TrialSpec& spec) {
  each_field(spec, JsonReader(in));
}
void to_json(json& out, const CheckpointRecord& checkpoint) {
  each_field(checkpoint, JsonWriter(out));
}
void from_json(const json& in, CheckpointRecord& checkpoint) {
  each_field(checkpoint, JsonReader(in));
}
void to_json(json& out, const StackJob& job) {
  each_field(job, JsonWriter(out));
}
void from_json(const json& in, StackJob& job) {
  each_field(job, JsonReader(in));
}

}  // namespace mer
