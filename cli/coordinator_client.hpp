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
#include "storage/result_store.hpp"
#include "storage/store_dir.hpp"

namespace mer::cli {

using Parameters = std::vector<std::pair<std::string, std::string>>;

class CoordinatorClient {
 public:
  static Result<CoordinatorClient> of(const storage::StoreDir& store);

  // The answer's body: JSON text, but for /api/v1/reader/.
  Result<std::string> post(const std::string& path, const Parameters& query) const;
  Result<std::string> get(const std::string& path) const;

 private:
  explicit CoordinatorClient(storage::Endpoint endpoint) : endpoint_(std::move(endpoint)) {}
  Result<std::string> send(const std::string& method, const std::string& target) const;
  template <class Client>  // of httplib
  Result<std::string> ask(Client& client, const std::string& method, const std::string& target) const;

  storage::Endpoint endpoint_;
};

// Of an error of the above: there was nobody to ask, or one who has ended since. A moment later another may be there,
// or the store be free.
bool nobody_answered(const Error& error, const storage::StoreDir& store);

// Puts a submission where the coordinator finds it: a file of submissions/, named by its content's hash. The name.
Result<std::string> leave_submission(const storage::StoreDir& store, const storage::Submission& submission);

}  // namespace mer::cli
