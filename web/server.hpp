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
#include "storage/result_store.hpp"
#include "web/http_server.hpp"
#include "web/server_controls.hpp"

namespace mer::web {

using ReaderFactory = std::function<Result<std::unique_ptr<storage::ResultReader>>()>;

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
