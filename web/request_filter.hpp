// The gate before the HTTP parser: what a request head may be, decided on its raw bytes.
//
// cpp-httplib 0.11.4 skips malformed lines, lets the client's headers shadow its own, matches Range with std::regex and
// has no limits on counts. So it never sees a raw head: only a rewritten one, of a checked request line and the three
// headers that this server reads (Host, Authorization, If-None-Match). Threads: pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mer::web {

struct RequestPolicy {
  std::vector<std::string> methods = {"GET", "HEAD"};
  std::vector<std::string> hosts;  // names that the Host header may carry, lower case, without port
  std::size_t headers = 64;
  std::size_t path_bytes = 512;
  std::size_t query_bytes = 1024;
  std::size_t post_query_bytes = 7168;  // a note stands there, percent-encoded
};

struct Rejection {
  int status = 400;
  std::string reason;  // one line, safe to send: never a piece of the request
};

// The rewritten head, or why not. `head` ends with an empty line (CRLF CRLF).
std::variant<std::string, Rejection> filter_head(std::string_view head, const RequestPolicy& policy);

// "Example.org:8080" -> "example.org", "[::1]:80" -> "::1"; empty when it is not a host with an optional port.
std::string host_name_of(std::string_view host_header);

}  // namespace mer::web
