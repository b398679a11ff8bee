// HttpServer: cpp-httplib 0.11.4 made safe to leave running: it only parses filtered heads and formats answers, in
// memory. Sockets, deadlines and byte budgets are ConnectionLoop's, the gate is request_filter.
//
// Every answer carries the security headers; one request a connection; GET and HEAD, and POST for who holds the control
// token; no request bodies: what a POST asks stands in its query.
// Threads: start() and stop() from one thread; the handler runs on several threads at once. A handler that throws is
// answered 500 with a generic text. Errors: start() returns those of ConnectionLoop, and invalid when an address other
// than a loopback one has no token or no TLS.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "web/connection_loop.hpp"

namespace mer::web {

struct HttpOptions {
  ListenAddress address;
  // When set, paths under /api/ need "Authorization: Bearer TOKEN". REQUIRED on an address that is not loopback.
  std::string token;
  // When set, HTTPS is served, and nothing else. REQUIRED on an address that is not loopback.
  std::shared_ptr<const TlsContext> tls;
  // When set, POST is served, with "Authorization: Bearer CONTROL_TOKEN" (which opens reads too). Else it is refused.
  std::string control_token;
  // Paths under /api/ that need no token all the same.
  std::vector<std::string> open_paths;
  // Names that the Host header may carry, besides localhost, 127.0.0.1, ::1 and the address's own host.
  std::vector<std::string> hosts;
  ConnectionLimits limits;
};

struct HttpRequest {
  bool post = false;
  std::string path;                          // percent-decoded, begins with /
  std::map<std::string, std::string> query;  // the first of repeated keys
  std::string if_none_match;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::string etag;                          // with its quotes; empty: none
  std::string allow = {};                    // the methods that the path has, for 405; empty: none
  std::string retry_after = {};              // seconds, for 503; empty: none
  std::unique_ptr<Stream> stream = nullptr;  // the answer is this, with status 200, and has no other body
};

class HttpServer {
 public:
  using Handler = std::function<HttpResponse(const HttpRequest&)>;

  HttpServer(HttpOptions options, Handler handler);
  ~HttpServer();  // stops
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Serves in the background; the answer is the port.
  Result<int> start();
  // Streams have something to say. From any thread.
  void notify();
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Equal without telling by the time taken how much of it is: compares SHA-256 digests.
bool equal_in_constant_time(const std::string& left, const std::string& right);

}  // namespace mer::web
