// Endpoint: where the coordinator of a store answers, and the token that opens its controls: endpoint.json, mode 0600,
// in the store's folder while the coordinator runs.
//
// A killed coordinator leaves its file: who finds nobody there asks the store's lock. Threads: pure but for the file.
// Errors: not_found: no file; corrupt: not an endpoint; io.
#pragma once

#include <cstdint>
#include <string>

#include "core/result.hpp"
#include "storage/store_dir.hpp"

namespace mer::storage {

struct Endpoint {
  std::string host;  // of the coordinator
  std::int64_t pid = 0;
  std::string address;  // to connect to, on that host
  int port = 0;
  std::string token;
  std::string certificate = {};  // PEM, of HTTPS; empty: HTTP
  std::string fingerprint = {};  // of the certificate, as browsers show it
  bool operator==(const Endpoint&) const = default;
};

Status write_endpoint(const StoreDir& store, const Endpoint& endpoint);
Result<Endpoint> read_endpoint(const StoreDir& store);
void remove_endpoint(const StoreDir& store);

// 64 hex digits from the kernel's random numbers.
Result<std::string> new_token();

}  // namespace mer::storage
