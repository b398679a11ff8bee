#include "storage/holder_codec.hpp"

#include <cstdint>

#include "core/enum_names.hpp"
#include "core/json.hpp"

namespace mer::storage {
namespace {

using Json = nlohmann::json;

constexpr int kEndpointFormat = 2;

std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json json_of(const GatewayDoor& door) {
  Json json;
  json["address"] = door.address;
  json["port"] = door.port;
  json["server_key"] = door.server_key;
  json["client_key"] = door.client_key;
  json["client_secret"] = door.client_secret;
  json["device"] = enum_name(door.device);
  json["gpu_fraction"] = door.gpu_fraction;
  json["gpus_per_trial"] = door.gpus_per_trial;
  json["threads"] = door.threads;
  return json;
}

// Throws where a field is something else.
GatewayDoor gateway_from(const Json& json) {
  GatewayDoor door;
  json.at("address").get_to(door.address);
  json.at("port").get_to(door.port);
  json.at("server_key").get_to(door.server_key);
  json.at("client_key").get_to(door.client_key);
  json.at("client_secret").get_to(door.client_secret);
  door.device = enum_from<DeviceChoice>(json.at("device").get<std::string>()).value();
  json.at("gpu_fraction").get_to(door.gpu_fraction);
  json.at("gpus_per_trial").get_to(door.gpus_per_trial);
  json.at("threads").get_to(door.threads);
  return door;
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
  if (endpoint.gateway) json["gateway"] = json_of(*endpoint.gateway);
  return line_of(json);
}

std::optional<Endpoint> endpoint_from_json(const std::string& text) {
  const auto endpoint = read_json(text, [](const Json& json) -> std::optional<Endpoint> {
    if (json.at("format") != kEndpointFormat) return std::nullopt;
    Endpoint found{json.at("host").get<std::string>(),       json.at("pid").get<std::int64_t>(),
                   json.at("address").get<std::string>(),    json.at("port").get<int>(),
                   json.at("token").get<std::string>(),      json.at("certificate").get<std::string>(),
                   json.at("fingerprint").get<std::string>()};
    if (json.contains("gateway")) found.gateway = gateway_from(json.at("gateway"));
    return found;
  });
  return endpoint.value_or(std::nullopt);
}

}  // namespace mer::storage
