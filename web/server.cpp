#include "web/server.hpp"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "web/api.hpp"
#include "web/change_feed.hpp"
#include "web/router.hpp"
#include "web/routes.hpp"
#include "web/static_files.hpp"

namespace mer::web {
namespace {

using storage::ResultReader;
using Answer = Result<std::string>;

Error not_found(const std::string& what) {
  return {ErrorCode::not_found, what};
}

HttpResponse json_response(int status, std::string body) {
  return {status, "application/json", std::move(body), {}};
}

// What a client may read of an error: its own mistakes in full, the machine's in general.
HttpResponse error_response(const Error& error) {
  switch (error.code) {
    case ErrorCode::not_found: return json_response(404, error_json(error));
    case ErrorCode::invalid: return json_response(400, error_json(error));
    case ErrorCode::unavailable: return json_response(503, error_json(error));
    case ErrorCode::busy:
    case ErrorCode::timeout:
      return json_response(503, error_json({error.code, "the store cannot be read at this moment; try again"}));
    default: return json_response(500, error_json({error.code, "the store cannot be read; see the server's log"}));
  }
}

HttpResponse file_response(const HttpRequest& request) {
  const auto files = static_files();
  const auto file =
      std::find_if(files.begin(), files.end(), [&](const StaticFile& one) { return one.path == request.path; });
  if (file == files.end()) return {404, "text/plain; charset=utf-8", "not found\n", {}};
  const std::string etag(file->etag);
  if (request.if_none_match == etag) return {304, {}, {}, etag};
  return {200, std::string(file->content_type), std::string(file->content), etag};
}

HttpResponse wrong_method(const Routed& routed, bool post) {
  HttpResponse response = json_response(
      405, error_json(invalid(std::string(post ? "POST" : "GET") + " is not served here; expected " + routed.allowed)));
  response.allow = routed.allowed;
  return response;
}

HttpResponse respond(const Route& route, const Call& call) {
  Answer answer = route.answer(call);
  if (!answer) return error_response(answer.error());
  return {200, route.content_type, std::move(answer).value(), {}};
}

// `instance` tells this server's ETags from those of another store that was served on the same port before.
HttpResponse respond_if_changed(const Route& route, const Call& call, const std::string& asked_etag,
                                const std::string& instance) {
  // Read before the answer: data that arrives in between is fetched again, never missed.
  const auto version = call.reader->data_version();
  if (!version) return error_response(version.error());
  const std::string etag = "\"" + instance + "-" + std::to_string(*version) + "\"";
  if (asked_etag == etag) return {304, {}, {}, etag};
  HttpResponse response = respond(route, call);
  if (response.status == 200) response.etag = etag;
  return response;
}

HttpResponse stream_response(std::unique_ptr<Stream> stream, const std::string& content_type) {
  if (stream == nullptr) {
    HttpResponse response = json_response(
        503, error_json({ErrorCode::unavailable, "as many event streams as may be are open; ask /api/v1/version"}));
    response.retry_after = "30";
    return response;
  }
  HttpResponse response{200, content_type, {}, {}};
  response.stream = std::move(stream);
  return response;
}

// Paths that hold no data of a store.
std::vector<std::string> open_paths() {
  std::vector<std::string> paths;
  for (const Route& route : routes()) {
    if (route.needs == Needs::nothing) paths.push_back(route.path);
  }
  return paths;
}

HttpOptions with_open_paths(HttpOptions options) {
  options.open_paths = open_paths();
  return options;
}

}  // namespace

class Server::Impl {
 public:
  Impl(HttpOptions options, ReaderFactory reader_factory, ServerControls controls, bool with_pages)
      : reader_factory_(std::move(reader_factory)),
        controls_(std::move(controls)),
        with_pages_(with_pages),
        instance_(std::to_string(std::chrono::system_clock::now().time_since_epoch().count())),
        feed_({.instance = instance_,
               .new_reader = [this] { return take_reader(); },
               .notify = [this] { http_.notify(); },
               .streams = options.limits.streams}),
        http_(with_open_paths(std::move(options)), [this](const HttpRequest& request) { return handle(request); }) {}

  ~Impl() { stop(); }  // the feed's thread before the connections that it notifies

  Result<int> start() {
    MER_ASSIGN(auto reader, take_reader());
    give_back(std::move(reader));
    MER_ASSIGN(const int port, http_.start());
    feed_.start();
    return port;
  }

  void stop() {
    feed_.stop();
    http_.stop();
  }

 private:
  using Reader = std::unique_ptr<ResultReader>;

  HttpResponse handle(const HttpRequest& request) {
    Routed routed = find_route(routes(), controls_, request.post, request.path);
    if (routed.route == nullptr) return respond_without_route(routed, request);
    if (const Status query = check_query(*routed.route, request.query); !query) return error_response(query.error());
    Call call{nullptr, controls_, std::move(routed.values), request.query};
    if (routed.route->needs == Needs::nothing) return respond(*routed.route, call);
    if (routed.route->needs == Needs::feed) {
      return stream_response(feed_.subscribe(value_of(request.query, "after")), routed.route->content_type);
    }
    Result<Reader> reader = take_reader();
    if (!reader) return error_response(reader.error());
    call.reader = reader->get();
    HttpResponse response = follows_reader(routed.route->needs)
                                ? respond_if_changed(*routed.route, call, request.if_none_match, instance_)
                                : respond(*routed.route, call);
    give_back(std::move(*reader));
    return response;
  }

  HttpResponse respond_without_route(const Routed& routed, const HttpRequest& request) const {
    if (!routed.allowed.empty()) return wrong_method(routed, request.post);
    if (request.post || request.path.starts_with("/api/")) return error_response(not_found("no such resource"));
    return with_pages_ ? file_response(request) : error_response(not_found("no pages here: --no-web"));
  }

  Result<Reader> take_reader() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return reader_factory_();
    Reader reader = std::move(idle_.back());
    idle_.pop_back();
    return reader;
  }

  void give_back(Reader reader) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(reader));
  }

  const ReaderFactory reader_factory_;
  const ServerControls controls_;
  const bool with_pages_;
  const std::string instance_;
  std::mutex mutex_;  // of idle_ and reader_factory_
  std::vector<Reader> idle_;
  ChangeFeed feed_;
  HttpServer http_;  // last: its threads use the rest, and its connections hold the feed's streams
};

Server::Server(HttpOptions options, ReaderFactory reader_factory, ServerControls controls, bool with_pages)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(reader_factory), std::move(controls), with_pages)) {}
Server::~Server() = default;
Result<int> Server::start() {
  return impl_->start();
}
void Server::stop() {
  impl_->stop();
}

}  // namespace mer::web
