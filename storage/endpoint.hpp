// Endpoint: where the coordinator of a store answers, and the token and keys that open its controls and let workers
// join: endpoint.json, mode 0600, in the store's folder while the coordinator runs.
//
// A killed coordinator leaves its file: who finds nobody there asks the store's lock. Threads: pure but for the file.
// Errors: not_found: no file; corrupt: not an endpoint; io.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/result.hpp"
#include "core/trial.hpp"
#include "storage/store_dir.hpp"

namespace mer::storage {

// Where gateways of other jobs join the run (mer-gateway), and the keys that admit them, new in each run: 40 characters
// of Z85 each.
struct GatewayDoor {
  std::string address;
  int port = 0;
  std::string server_key;
  std::string client_key;
  std::string client_secret;
  // What workers are started by.
  DeviceChoice device = DeviceChoice::automatic;
  double gpu_fraction = 1;
  int gpus_per_trial = 1;
  int threads = 1;
  bool operator==(const GatewayDoor&) const = default;
};

struct Endpoint {
  std::string host;  // of the coordinator
  std::int64_t pid = 0;
  std::string address;  // to connect to, on that host
  int port = 0;
  std::string token;
  std::string certificate = {};  // PEM, of HTTPS; empty: HTTP
  std::string fingerprint = {};  // of the certificate, as browsers show it
  std::optional<GatewayDoor> gateway = {};
  bool operator==(const Endpoint&) const = default;
};

Status write_endpoint(const StoreDir& store, const Endpoint& endpoint);
Result<Endpoint> read_endpoint(const StoreDir& store);
void remove_endpoint(const StoreDir& store);

// False: it is of a coordinator that was killed, or of one before this.
bool belongs_to(const Endpoint& endpoint, const LockHolder& holder);

// 64 hex digits from the kernel's random numbers.
Result<std::string> new_token();

}  // namespace mer::storage
