// CoordinatorClient: asks the coordinator that runs on a store, by HTTP or HTTPS, as its endpoint.json says. Of HTTPS
// it trusts the certificate that stands there, and no other.
//
// Threads: one. Errors: unavailable: it cannot be reached (it may just have ended), or runs on another host and listens
// on its own loopback address only; unauthorised: another one answers there; else what the coordinator answers.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "storage/endpoint.hpp"
#include "storage/store_dir.hpp"

namespace mer::cli {

using Parameters = std::vector<std::pair<std::string, std::string>>;

class CoordinatorClient {
 public:
  static Result<CoordinatorClient> of(const storage::StoreDir& store);

  // The answer's JSON text.
  Result<std::string> post(const std::string& path, const Parameters& query) const;
  Result<std::string> get(const std::string& path) const;

 private:
  explicit CoordinatorClient(storage::Endpoint endpoint) : endpoint_(std::move(endpoint)) {}
  Result<std::string> send(const std::string& method, const std::string& target) const;
  template <class Client>  // of httplib
  Result<std::string> ask(Client& client, const std::string& method, const std::string& target) const;

  storage::Endpoint endpoint_;
};

}  // namespace mer::cli
