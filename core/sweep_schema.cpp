#include "core/sweep_schema.hpp"

#include "core/fields.hpp"
#include "core/json.hpp"

namespace mer {

using nlohmann::ordered_json;

namespace {
ordered_json reference(const Field& field) {
  return {{"$ref", "#/$defs/" + field.path}};
}

ordered_json object(ordered_json properties, const std::string& description) {
  return {{"type", "object"},
          {"description", description},
          {"properties", std::move(properties)},
          {"additionalProperties", false}};
}

ordered_json section_schema(const std::string& section) {
  ordered_json properties = ordered_json::object();
  ordered_json required = ordered_json::array();
  for (const Field& field : fields()) {
    if (field.section() != section) continue;
    properties[field.key()] = reference(field);
    if (field.required) required.push_back(field.key());
  }
  ordered_json schema = {{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
  if (!required.empty()) schema["required"] = std::move(required);
  return schema;
}

// grid and zip: path -> values.
ordered_json values_schema(const std::string& description) {
  ordered_json properties = ordered_json::object();
  for (const Field& field : fields()) {
    if (field.may_vary) properties[field.path] = {{"type", "array"}, {"items", reference(field)}, {"minItems", 1}};
  }
  ordered_json schema = object(std::move(properties), description);
  schema["minProperties"] = 1;
  return schema;
}

ordered_json list_schema() {
  ordered_json properties = ordered_json::object();
  for (const Field& field : fields()) {
    if (field.may_vary) properties[field.path] = reference(field);
  }
  return {{"type", "array"},
          {"description", "Configurations one by one: objects of field path to value."},
          {"items", object(std::move(properties), "One configuration.")},
          {"minItems", 1}};
}

ordered_json range_schema(const Field& field) {
  const auto only = [](const char* key, ordered_json value) {
    ordered_json schema = object({{key, std::move(value)}}, "Range to draw from.");
    schema["required"] = {key};
    return schema;
  };
  const ordered_json bounds = {{"type", "array"}, {"items", {{"type", "number"}}}, {"minItems", 2}, {"maxItems", 2}};
  ordered_json kinds = ordered_json::array();
  if (field.type == FieldType::number) kinds.push_back(only("log", bounds));
  if (field.type == FieldType::number) kinds.push_back(only("linear", bounds));
  if (field.type == FieldType::number || field.type == FieldType::integer) kinds.push_back(only("int", bounds));
  kinds.push_back(only("choice", {{"type", "array"}, {"items", reference(field)}, {"minItems", 1}}));
  return {{"oneOf", std::move(kinds)}};
}

ordered_json random_schema() {
  ordered_json properties = {
      {"count", {{"type", "integer"}, {"minimum", 1}, {"maximum", 100000}, {"description", "Points to draw."}}},
      {"seed", {{"type", "integer"}, {"minimum", 0}, {"default", 0}, {"description", "Seed of the draws."}}}};
  for (const Field& field : fields()) {
    if (field.may_vary) properties[field.path] = range_schema(field);
  }
  ordered_json schema = object(std::move(properties), "Random search: count points, each range drawn at each.");
  schema["required"] = {"count"};
  schema["minProperties"] = 2;
  return schema;
}

ordered_json seeds_schema() {
  const ordered_json seed = {{"type", "integer"}, {"minimum", 0}, {"maximum", 9007199254740991}};
  ordered_json count =
      object({{"count", {{"type", "integer"}, {"minimum", 1}, {"maximum", 10000}}}}, "{\"count\": 3} means 0, 1, 2.");
  count["required"] = {"count"};
  const ordered_json list = {
      {"type", "array"}, {"items", seed}, {"minItems", 1}, {"maxItems", 10000}, {"uniqueItems", true}};
  return {{"description", "Seeds of each configuration and fold."}, {"default", {0}}, {"anyOf", {list, count}}};
}

ordered_json published_schema() {
  ordered_json entry = object({{"label", {{"type", "string"}, {"minLength", 1}}},
                               {"metric", {{"enum", find_field("select.metric")->words}}},
                               {"value", {{"type", "number"}, {"minimum", 0}, {"maximum", 1}}},
                               {"source", {{"type", "string"}, {"minLength", 1}, {"description", "Citation."}}}},
                              "A number from the literature, as a fraction.");
  entry["required"] = {"label", "metric", "value"};
  return {{"type", "array"}, {"description", "Published numbers to show beside ours."}, {"items", std::move(entry)}};
}
}  // namespace

std::string sweep_json_schema() {
  ordered_json properties = {
      {"$schema", {{"type", "string"}}},
      {"name",
       {{"type", "string"}, {"pattern", "^[A-Za-z][A-Za-z0-9_-]{0,99}$"}, {"description", "Name of the sweep."}}}};
  for (const std::string& section : sections()) properties[section] = section_schema(section);
  properties["seeds"] = seeds_schema();
  properties["grid"] = values_schema("Every combination of the values.");
  properties["zip"] = values_schema("The first values together, the second values together, ...: equal lengths.");
  properties["random"] = random_schema();
  properties["list"] = list_schema();
  properties["published"] = published_schema();
  ordered_json definitions = ordered_json::object();
  for (const Field& field : fields()) definitions[field.path] = schema_of(field);
  const ordered_json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                               {"title", "mer sweep file"},
                               {"type", "object"},
                               {"properties", std::move(properties)},
                               {"required", {"name", "corpus", "folds"}},
                               {"additionalProperties", false},
                               {"$defs", std::move(definitions)}};
  return schema.dump(2) + "\n";
}

}  // namespace mer
