#include "cli/coordinator_client.hpp"

#include <filesystem>
#include <httplib.h>
#include <string_view>

#include "cli/temporary_folder.hpp"
#include "core/host_name.hpp"
#include "core/json.hpp"
#include "core/sha256.hpp"
#include "data/file_io.hpp"
#include "storage/submission_codec.hpp"

namespace mer::cli {
namespace {

constexpr int kConnectSeconds = 2;
constexpr int kAnswerSeconds = 30;  // it carries out, durably, before it answers

ErrorCode code_of(int status) {
  switch (status) {
    case 400: return ErrorCode::invalid;
    case 401: return ErrorCode::unauthorised;
    case 404: return ErrorCode::not_found;
    case 503: return ErrorCode::unavailable;
    default: return ErrorCode::io;
  }
}

Error error_in(const httplib::Response& response) {
  const auto json = nlohmann::json::parse(response.body, nullptr, false);
  std::string message = "the coordinator answers " + std::to_string(response.status);
  if (json.is_object() && json.contains("error")) message = json["error"].value("message", message);
  return {code_of(response.status), message};
}

}  // namespace

Result<CoordinatorClient> CoordinatorClient::of(const storage::StoreDir& store) {
  MER_ASSIGN(storage::Endpoint endpoint, storage::read_endpoint(store));
  if (endpoint.certificate.empty() && endpoint.host != host_name()) {
    return Error{ErrorCode::unavailable, "the coordinator of this store runs on " + endpoint.host +
                                             " and answers there only: give the command on that machine"};
  }
  return CoordinatorClient(std::move(endpoint));
}

Result<std::string> CoordinatorClient::post(const std::string& path, const Parameters& query) const {
  std::string target = path;
  for (const auto& [key, value] : query) {
    target += (target.size() == path.size() ? "?" : "&") + key + "=" + httplib::detail::encode_query_param(value);
  }
  return send("POST", target);
}

Result<std::string> CoordinatorClient::get(const std::string& path) const {
  return send("GET", path);
}

Result<std::string> CoordinatorClient::send(const std::string& method, const std::string& target) const {
  if (endpoint_.certificate.empty()) {
    httplib::Client client(endpoint_.address, endpoint_.port);
    return ask(client, method, target);
  }
  MER_ASSIGN(const TemporaryFolder folder, TemporaryFolder::make("mer-endpoint"));
  const std::string trusted = (folder.path() / "certificate.pem").string();
  const std::string_view chunk = endpoint_.certificate;
  MER_TRY(data::write_file(trusted, {&chunk, 1}));
  httplib::SSLClient client(endpoint_.address, endpoint_.port);
  client.set_ca_cert_path(trusted.c_str());  // the coordinator's own certificate, and no other
  return ask(client, method, target);
}

template <class Client>
Result<std::string> CoordinatorClient::ask(Client& client, const std::string& method, const std::string& target) const {
  client.set_connection_timeout(kConnectSeconds);
  client.set_read_timeout(kAnswerSeconds);
  client.set_tcp_nodelay(true);  // else the question waits 40 ms behind the handshake
  client.set_url_encode(false);
  client.set_bearer_token_auth(endpoint_.token.c_str());
  const httplib::Result result = method == "POST" ? client.Post(target.c_str()) : client.Get(target.c_str());
  if (!result) {
    return Error{ErrorCode::unavailable, "the coordinator (process " + std::to_string(endpoint_.pid) + " on " +
                                             endpoint_.host + ") cannot be reached on " + endpoint_.address + " port " +
                                             std::to_string(endpoint_.port) + ": " +
                                             httplib::to_string(result.error())};
  }
  if (result->status != 200) return error_in(*result);
  return result->body;
}

bool nobody_answered(const Error& error, const storage::StoreDir& store) {
  if (error.code == ErrorCode::unavailable || error.code == ErrorCode::unauthorised) return true;
  return error.code == ErrorCode::not_found && !std::filesystem::exists(store.path() / "endpoint.json");
}

Result<std::string> leave_submission(const storage::StoreDir& store, const storage::Submission& submission) {
  const std::string bytes = storage::bytes_of(submission);
  const std::string name = sha256_hex(bytes);
  const std::string_view chunk = bytes;
  MER_TRY(data::write_file((store.submissions() / name).string(), {&chunk, 1}));
  return name;
}

}  // namespace mer::cli
