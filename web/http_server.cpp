#include "web/http_server.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <httplib.h>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "core/joined.hpp"
#include "core/sha256.hpp"
#include "web/plain_answer.hpp"
#include "web/request_filter.hpp"

namespace mer::web {
namespace {

// What needs no token may be kept, and is asked for again by its ETag.
void let_be_kept(httplib::Response& response) {
  response.headers.erase("Cache-Control");
  response.set_header("Cache-Control", "no-cache");
}

// A request head in, the formatted answer out.
class MemoryStream final : public httplib::Stream {
 public:
  explicit MemoryStream(std::string_view in) : in_(in) {}

  bool is_readable() const override { return !in_.empty(); }
  bool is_writable() const override { return true; }
  ssize_t read(char* to, std::size_t size) override {
    const std::size_t count = std::min(size, in_.size());
    std::memcpy(to, in_.data(), count);
    in_.remove_prefix(count);
    return static_cast<ssize_t>(count);
  }
  ssize_t write(const char* from, std::size_t size) override {
    out_.append(from, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return INVALID_SOCKET; }

  std::string take() { return std::move(out_); }

 private:
  std::string_view in_;
  std::string out_;
};

void refuse(httplib::Response& response, int status, const std::string& reason) {
  response.status = status;
  response.set_content(reason + "\n", "text/plain; charset=utf-8");
}

std::string in_lower_case(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

// For heads that httplib never sees.
std::string answer_of(const Rejection& rejection, const RequestPolicy& policy, bool with_body) {
  return plain_answer(rejection.status, rejection.reason, rejection.status == 405 ? joined(policy.methods, ", ") : "",
                      with_body);
}

}  // namespace

bool equal_in_constant_time(const std::string& left, const std::string& right) {
  const std::string first = sha256_hex(left);
  const std::string second = sha256_hex(right);
  unsigned difference = 0;
  for (std::size_t i = 0; i < first.size(); ++i) difference |= static_cast<unsigned>(first[i] ^ second[i]);
  return difference == 0;
}

class HttpServer::Impl final : private httplib::Server {
 public:
  Impl(HttpOptions options, HttpServer::Handler handler)
      : options_(std::move(options)),
        handler_(std::move(handler)),
        loop_(
            options_.limits, [this](const std::string& head) { return answer(head); }, options_.tls) {
    for (const char* name : {"localhost", "127.0.0.1", "::1"}) policy_.hosts.emplace_back(name);
    for (const std::string& name : options_.hosts) policy_.hosts.push_back(in_lower_case(name));
    policy_.hosts.push_back(in_lower_case(options_.address.host));
    if (!options_.control_token.empty()) policy_.methods.emplace_back("POST");
    set_default_headers(httplib::Headers(security_headers().begin(), security_headers().end()));
    set_exception_handler([](const httplib::Request&, httplib::Response& response, const std::exception_ptr&) {
      refuse(response, 500, "internal error");
    });
    set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      route(request, response);
      return HandlerResponse::Handled;
    });
  }

  Result<int> start() {
    MER_ASSIGN(const bool loopback, is_loopback(options_.address.host));
    if (!loopback && options_.token.empty()) {
      return invalid("serving on " + options_.address.host +
                     ", which other machines can reach, needs a token; set one, or serve on 127.0.0.1");
    }
    if (!loopback && options_.tls == nullptr) {
      return invalid("serving on " + options_.address.host +
                     ", which other machines can reach, needs TLS; set it, or serve on 127.0.0.1");
    }
    // httplib keeps its method names in a static that the first request makes. Making it before there are threads lets
    // ThreadSanitizer, which cannot see into the packaged library, know that it is ready for them.
    MemoryStream first("WARM / HTTP/1.1\r\n\r\n");
    bool closed = false;
    process_request(first, true, closed, nullptr);
    return loop_.start(options_.address);
  }

  void notify() { loop_.notify(); }
  void stop() { loop_.stop(); }

 private:
  Reply answer(const std::string& head) {
    const auto filtered = filter_head(head, policy_);
    if (const auto* rejection = std::get_if<Rejection>(&filtered))
      return {answer_of(*rejection, policy_, !head.starts_with("HEAD "))};
    MemoryStream memory(std::get<std::string>(filtered));
    bool closed = false;
    std::optional<Reply> streamed;
    streamed_ = &streamed;
    process_request(memory, true, closed, nullptr);
    streamed_ = nullptr;
    return streamed ? *std::move(streamed) : Reply{memory.take()};
  }

  void route(const httplib::Request& request, httplib::Response& response) const {
    const bool post = request.method == "POST";
    if (post && !holds(request, options_.control_token)) {
      response.set_header("WWW-Authenticate", "Bearer");
      return refuse(response, 401, "the token of endpoint.json is needed");
    }
    const bool open = !post && is_open(request.path);
    if (!post && !open && !may_read(request)) {
      response.set_header("WWW-Authenticate", "Bearer");
      return refuse(response, 401, "a bearer token is needed");
    }
    if (open) let_be_kept(response);
    HttpRequest asked{post, request.path, {}, request.get_header_value("If-None-Match")};
    for (const auto& [key, value] : request.params) asked.query.emplace(key, value);
    HttpResponse given = handler_(asked);
    response.status = given.status;
    if (!given.etag.empty()) response.set_header("ETag", given.etag);
    if (!given.allow.empty()) response.set_header("Allow", given.allow);
    if (!given.retry_after.empty()) response.set_header("Retry-After", given.retry_after);
    if (!given.body.empty()) response.set_content(given.body, given.content_type);
    if (given.stream == nullptr) return;
    response.set_header("Content-Type", given.content_type);
    if (request.method != "HEAD") *streamed_ = Reply{stream_head(given.content_type), std::move(given.stream)};
  }

  bool is_open(const std::string& path) const {
    return options_.token.empty() || !path.starts_with("/api/") ||
           std::ranges::find(options_.open_paths, path) != options_.open_paths.end();
  }

  bool may_read(const httplib::Request& request) const {
    return holds(request, options_.token) ||
           (!options_.control_token.empty() && holds(request, options_.control_token));
  }

  static bool holds(const httplib::Request& request, const std::string& token) {
    return equal_in_constant_time(request.get_header_value("Authorization"), "Bearer " + token);
  }

  // What route() leaves for answer(), which calls it through httplib: that only formats answers with an end.
  static thread_local std::optional<Reply>* streamed_;

  const HttpOptions options_;
  const HttpServer::Handler handler_;
  RequestPolicy policy_;
  ConnectionLoop loop_;  // last: its threads use the rest
};

thread_local std::optional<Reply>* HttpServer::Impl::streamed_ = nullptr;

HttpServer::HttpServer(HttpOptions options, Handler handler)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(handler))) {}
HttpServer::~HttpServer() = default;
Result<int> HttpServer::start() {
  return impl_->start();
}
void HttpServer::notify() {
  impl_->notify();
}
void HttpServer::stop() {
  impl_->stop();
}

}  // namespace mer::web
