#include "core/settings.hpp"

#include "core/json.hpp"
#include "core/json_codec.hpp"

namespace mer {

using nlohmann::json;

std::string to_string(Recurrent value) {
  return enum_name(value);
}
std::string to_string(RecurrentWidth value) {
  return enum_name(value);
}
std::string to_string(AttentionForm value) {
  return enum_name(value);
}
std::string to_string(EncoderForm value) {
  return enum_name(value);
}
std::string to_string(SimilarityNorm value) {
  return enum_name(value);
}
std::string to_string(DifferenceForm value) {
  return enum_name(value);
}
std::string to_string(OptimizerKind value) {
  return enum_name(value);
}
std::string to_string(Dtype value) {
  return enum_name(value);
}

void to_json(json& out, const ModelSettings& model) {
  each_field(model, JsonWriter(out));
}
void from_json(const json& in, ModelSettings& model) {
  each_field(model, JsonReader(in));
}
void to_json(json& out, const TrainSettings& train) {
  each_field(train, JsonWriter(out));
}
void from_json(const json& in, TrainSettings& train) {
  each_field(train, JsonReader(in));
}

json without_defaults(const json& section, const json& defaults) {
  json rest = json::object();
  for (const auto& [key, value] : section.items()) {
    if (!defaults.contains(key) || defaults[key] != value) rest[key] = value;
  }
  return rest;
}

}  // namespace mer
