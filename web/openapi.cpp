#include "web/openapi.hpp"

#include <cstddef>
#include <utility>

#include "core/json.hpp"
#include "web/json_values.hpp"

namespace mer::web {
namespace {

using Json = nlohmann::ordered_json;

Json words_of(std::string_view text) {
  constexpr std::string_view kSeparator = ", ";
  Json words = Json::array();
  for (bool more = true; more;) {
    const std::size_t end = text.find(kSeparator);
    words.push_back(std::string(text.substr(0, end)));
    more = end != std::string_view::npos;
    if (more) text.remove_prefix(end + kSeparator.size());
  }
  return words;
}

Json schema_of(const Parameter& parameter) {
  switch (parameter.type) {
    case Parameter::Type::word: return {{"type", "string"}, {"enum", words_of(parameter.words)}};
    case Parameter::Type::whole_number: return {{"type", "integer"}, {"minimum", 0}};
    case Parameter::Type::integer: return {{"type", "integer"}};
    case Parameter::Type::positions: return {{"type", "string"}, {"pattern", "^[0-9]+(,[0-9]+)*$"}};
    case Parameter::Type::text: break;
  }
  return {{"type", "string"}, {"minLength", 1}};
}

Json query_parameter(const Parameter& parameter) {
  std::string description = parameter.meaning;
  if (!parameter.fallback.empty()) description += "; default: " + parameter.fallback;
  return {{"name", parameter.name},
          {"in", "query"},
          {"required", parameter.required},
          {"description", std::move(description)},
          {"schema", schema_of(parameter)}};
}

// The placeholders of a path, each a reference to its description in openapi_schemas.json.
void add_path_parameters(Json& parameters, std::string_view path) {
  for (std::size_t open = path.find('{'); open != std::string_view::npos; open = path.find('{', open + 1)) {
    const std::string name(path.substr(open + 1, path.find('}', open) - open - 1));
    parameters.push_back({{"$ref", "#/components/parameters/" + name}});
  }
}

Json parameters_of(const Route& route) {
  Json parameters = Json::array();
  add_path_parameters(parameters, route.path);
  for (const Parameter& parameter : route.parameters) parameters.push_back(query_parameter(parameter));
  if (route.any_query) parameters.push_back({{"$ref", "#/components/parameters/parameters"}});
  return parameters;
}

Json response_reference(const std::string& name) {
  return {{"$ref", "#/components/responses/" + name}};
}

Json responses_of(const Route& route) {
  const std::string media_type = route.content_type.substr(0, route.content_type.find(';'));
  const Json schema = {{"$ref", "#/components/schemas/" + route.schema}};
  Json content = Json::object();
  content[media_type] = {{"schema", schema}};
  Json responses = {{"200", {{"description", route.summary}, {"content", std::move(content)}}}};
  if (!route.any_query) responses["400"] = response_reference("WrongParameter");
  if (route.needs == Needs::nothing) return responses;
  if (follows_reader(route.needs)) responses["304"] = response_reference("NotModified");
  responses["401"] = response_reference("NoToken");
  if (route.path.find('{') != std::string::npos) responses["404"] = response_reference("NotFound");
  responses["500"] = response_reference("Failed");
  responses["503"] = response_reference("Busy");
  return responses;
}

Json security_of(const Route& route) {
  Json none = Json::object();
  if (route.needs == Needs::nothing) return Json::array();
  if (route.method == "POST") return Json::array({{{"controlToken", Json::array()}}});
  return Json::array({std::move(none), {{"readToken", Json::array()}}, {{"controlToken", Json::array()}}});
}

Json operation_of(const Route& route) {
  return {{"summary", route.summary},
          {"security", security_of(route)},
          {"parameters", parameters_of(route)},
          {"responses", responses_of(route)}};
}

}  // namespace

std::string openapi_json(const std::vector<Route>& routes) {
  Json document = {{"openapi", "3.1.0"}};
  Json rest = Json::parse(openapi_schemas());
  document["info"] = std::move(rest["info"]);
  document["paths"] = Json::object();
  for (const Route& route : routes) {
    document["paths"][route.path][route.method == "GET" ? "get" : "post"] = operation_of(route);
  }
  document["components"] = std::move(rest["components"]);
  return text_of(document);
}

}  // namespace mer::web
