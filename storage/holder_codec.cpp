#include "storage/holder_codec.hpp"

#include <cstdint>

#include "core/json.hpp"

namespace mer::storage {
namespace {

using Json = nlohmann::json;

constexpr int kEndpointFormat = 2;

std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

// read(json); nullopt where the text, or a field that it reads, is something else.
template <class Read>
auto read_json(const std::string& text, Read read) -> std::optional<decltype(read(Json()))> {
  try {
    return read(Json::parse(text));
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

}  // namespace

std::string holder_to_json(const LockHolder& holder) {
  Json json;
  json["host"] = holder.host;
  json["pid"] = holder.pid;
  json["since"] = holder.since;
  return line_of(json);
}

std::optional<LockHolder> holder_from_json(const std::string& text) {
  return read_json(text, [](const Json& json) {
    return LockHolder{json.at("host").get<std::string>(), json.at("pid").get<std::int64_t>(),
                      json.at("since").get<double>()};
  });
}

std::string endpoint_to_json(const Endpoint& endpoint) {
  Json json;
  json["format"] = kEndpointFormat;
  json["host"] = endpoint.host;
  json["pid"] = endpoint.pid;
  json["address"] = endpoint.address;
  json["port"] = endpoint.port;
  json["token"] = endpoint.token;
  json["certificate"] = endpoint.certificate;
  json["fingerprint"] = endpoint.fingerprint;
  return line_of(json);
}

std::optional<Endpoint> endpoint_from_json(const std::string& text) {
  const auto endpoint = read_json(text, [](const Json& json) -> std::optional<Endpoint> {
    if (json.at("format") != kEndpointFormat) return std::nullopt;
    return Endpoint{json.at("host").get<std::string>(),       json.at("pid").get<std::int64_t>(),
                    json.at("address").get<std::string>(),    json.at("port").get<int>(),
                    json.at("token").get<std::string>(),      json.at("certificate").get<std::string>(),
                    json.at("fingerprint").get<std::string>()};
  });
  return endpoint.value_or(std::nullopt);
}

}  // namespace mer::storage
