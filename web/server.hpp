// Server: the dashboard and the API over a store (docs/http.md). Used by the coordinator while a sweep runs, then with
// controls, and by `merctl serve` afterwards, read-only.
//
// Threads: start() and stop() from one thread; reader_factory is called from several, one call at a time, and each
// reader it makes is used by one thread at a time. Errors: start() returns those of HttpServer, and the factory's when
// the first reader cannot be made.
#pragma once

#include <functional>
#include <memory>

#include "core/result.hpp"
#include "storage/reader_call.hpp"
#include "storage/result_store.hpp"
#include "web/http_server.hpp"

namespace mer::web {

// What the coordinator answers; each call comes from one of the server's threads. Answers are JSON.
struct ServerControls {
  std::function<Result<std::string>(const storage::Control&)> control;
  std::function<Result<std::string>(const std::string& file)> submit;  // a file of submissions/
  std::function<Result<std::string>(const TrialId&)> explain;
  storage::SubmissionOf submission;  // what a file of submissions/ holds
};

using ReaderFactory = std::function<Result<std::unique_ptr<storage::ResultReader>>()>;

// The answer to one request under /api/: routes and error texts, no sockets. `instance` tells this server's ETags from
// those of another store that was served on the same port before.
HttpResponse respond_api(const HttpRequest& request, storage::ResultReader& reader, const std::string& instance);

class Server {
 public:
  // with_pages: the dashboard too, not the API alone.
  Server(HttpOptions options, ReaderFactory reader_factory, ServerControls controls = {}, bool with_pages = true);
  ~Server();  // stops
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Serves in the background; the answer is the port.
  Result<int> start();
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mer::web
