#include "web/http_server.hpp"

#include <atomic>
#include <chrono>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/web/raw_client.hpp"

namespace mer::web {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using test::ask;
using test::body_of;
using test::get;
using test::RawClient;
using test::status_of;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::size_t kLarge = std::size_t{8} << 20;  // more than the sockets' buffers hold

HttpResponse test_handler(const HttpRequest& request) {
  if (request.path == "/boom") throw std::runtime_error("secret path");
  if (request.path == "/large") return {200, "text/plain", std::string(kLarge, 'x'), {}};
  if (request.path == "/missing") return {404, "text/plain", "not found\n", {}};
  std::string text = request.path;
  for (const auto& [key, value] : request.query) text += " " + key + "=" + value;
  return {200, "text/plain", text, "\"tag\""};
}

class HttpServerTest : public ::testing::Test {
 protected:
  int serve(HttpOptions options = {}) {
    server_ = std::make_unique<HttpServer>(options, test_handler);
    const auto port = server_->start();
    EXPECT_TRUE(port.ok()) << port.error().message;
    return port ? *port : 0;
  }

  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, AnswersWithDecodedPathAndQuery) {
  const std::string answer = ask(serve(), get("/a%20b?x=1&y=%26&x=2"));

  EXPECT_EQ(status_of(answer), 200);
  EXPECT_EQ(body_of(answer), "/a b x=1 y=&");
  EXPECT_THAT(answer, HasSubstr("ETag: \"tag\""));
}

TEST_F(HttpServerTest, EveryAnswerHasTheSecurityHeaders) {
  const int port = serve();
  const std::string requests[] = {get("/ok"), get("/missing"), get("/boom"), "POST / HTTP/1.1\r\n\r\n",
                                  get("/", "Host: evil.example\r\n")};
  for (const std::string& request : requests) {
    const std::string answer = ask(port, request);
    for (const char* header :
         {"Content-Security-Policy: default-src 'self'; img-src 'self' blob:; base-uri", "frame-ancestors 'none'",
          "X-Content-Type-Options: nosniff", "Referrer-Policy: no-referrer", "Connection: close"}) {
      EXPECT_THAT(answer, HasSubstr(header)) << request;
    }
  }
}

TEST_F(HttpServerTest, SoHaveRefusalsOfHeadsThatNeverEnd) {
  HttpOptions options;
  options.limits.head_time = milliseconds(100);
  const int port = serve(options);

  for (const std::string& answer : {ask(port, "GET /"), ask(port, std::string(64 * 1024, 'a'))}) {
    EXPECT_THAT(answer, HasSubstr("X-Content-Type-Options: nosniff\r\n"));
    EXPECT_THAT(answer, HasSubstr("Cache-Control: no-store\r\n"));
  }
}

TEST_F(HttpServerTest, WhatNeedsATokenIsNotKeptByTheBrowser) {
  HttpOptions options;
  options.token = "open";
  options.open_paths = {"/api/open"};
  const int port = serve(options);
  const std::string token = "Authorization: Bearer open\r\n";

  EXPECT_THAT(ask(port, get("/api/x", token)), HasSubstr("\r\nCache-Control: no-store\r\n"));
  EXPECT_THAT(ask(port, get("/api/x", token)), Not(HasSubstr("no-cache")));
  EXPECT_THAT(ask(port, get("/api/x")), HasSubstr("\r\nCache-Control: no-store\r\n"));
  for (const char* open : {"/api/open", "/page"}) {
    EXPECT_THAT(ask(port, get(open)), HasSubstr("\r\nCache-Control: no-cache\r\n"));
    EXPECT_THAT(ask(port, get(open)), Not(HasSubstr("no-store")));
  }
}

TEST_F(HttpServerTest, HostNamesAreServedInAnyCase) {
  HttpOptions options;
  options.hosts = {"Node-7"};
  const int port = serve(options);

  EXPECT_EQ(status_of(ask(port, "GET / HTTP/1.1\r\nHost: Node-7\r\n\r\n")), 200);
  EXPECT_EQ(status_of(ask(port, "GET / HTTP/1.1\r\nHost: node-7\r\n\r\n")), 200);
}

TEST_F(HttpServerTest, WhatWasAskedBeforeTheEndIsAnswered) {
  std::promise<void> asked, leaving;
  std::shared_future<void> go_on = leaving.get_future().share();
  HttpServer server({}, [&](const HttpRequest&) {
    asked.set_value();
    go_on.wait();
    return HttpResponse{200, "text/plain", "the last answer", {}};
  });
  const int port = server.start().value();
  std::string answer;
  std::thread client([&] { answer = ask(port, get("/")); });
  asked.get_future().wait();
  std::thread stopper([&] { server.stop(); });
  leaving.set_value();
  stopper.join();
  client.join();

  EXPECT_EQ(body_of(answer), "the last answer");
}

TEST_F(HttpServerTest, AThrowingHandlerTellsNothing) {
  const std::string answer = ask(serve(), get("/boom"));

  EXPECT_EQ(status_of(answer), 500);
  EXPECT_THAT(answer, Not(HasSubstr("secret")));
}

TEST_F(HttpServerTest, HeadHasNoBody) {
  const int port = serve();

  const std::string answer = ask(port, "HEAD /ok HTTP/1.1\r\nHost: localhost\r\n\r\n");

  EXPECT_EQ(status_of(answer), 200);
  EXPECT_EQ(body_of(answer), "");
  EXPECT_EQ(body_of(ask(port, "HEAD /ok HTTP/1.1\r\nHost: evil\r\n\r\n")), "");
}

TEST_F(HttpServerTest, RefusesWhatTheFilterRefuses) {
  const int port = serve();

  EXPECT_EQ(status_of(ask(port, "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n")), 421);
  EXPECT_EQ(status_of(ask(port, "DELETE / HTTP/1.1\r\nHost: localhost\r\n\r\n")), 405);
  EXPECT_EQ(status_of(ask(port, get("/", "Content-Length: 1\r\nContent-Length: 2\r\n") + "ab")), 413);
  EXPECT_EQ(status_of(ask(port, get("/", "Content-Encoding: gzip\r\n") + "\x1f\x8b")), 415);
  EXPECT_EQ(status_of(ask(port, get("/" + std::string(8000, 'a')))), 414);
}

TEST_F(HttpServerTest, AChunkedBodyIsRefusedAndNotBuffered) {
  RawClient client(serve());
  client.send(get("/", "Transfer-Encoding: chunked\r\n"));

  const std::string chunk = "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
  int sent = 0;
  while (sent < 1024 && client.send(chunk)) ++sent;

  EXPECT_LT(sent, 1024) << "64 MB were taken";
}

TEST_F(HttpServerTest, AnAnswerArrivesThoughTheClientStillSends) {
  RawClient client(serve());
  client.send(get("/", "Content-Length: 200000\r\n") + std::string(200000, 'x'));

  EXPECT_EQ(status_of(client.read_all()), 413);
}

TEST_F(HttpServerTest, AHugeHeadIsCut) {
  const int port = serve();
  const std::string line_without_end = "GET /" + std::string(64 * 1024, 'a');
  std::string many_headers = "GET / HTTP/1.1\r\nHost: localhost\r\n";
  for (int i = 0; i < 200; ++i) many_headers += "X-" + std::to_string(i) + ": y\r\n";

  EXPECT_EQ(status_of(ask(port, line_without_end)), 431);
  EXPECT_EQ(status_of(ask(port, many_headers + "\r\n")), 431);
}

TEST_F(HttpServerTest, ASlowHeadIsCutAfterItsDeadline) {
  HttpOptions options;
  options.limits.head_time = milliseconds(300);
  RawClient client(serve(options));
  const auto begin = steady_clock::now();
  client.send("GET / HTTP/1.1\r\n");

  const std::string answer = client.read_all();

  const auto took = steady_clock::now() - begin;
  EXPECT_EQ(status_of(answer), 408);
  EXPECT_GE(took, milliseconds(250));
  EXPECT_LT(took, milliseconds(8000));
}

// The deadlines of these two are a minute: a thread held by a slow client would be missed for as long.
TEST_F(HttpServerTest, EightyTricklingClientsDoNotDelayOthers) {
  HttpOptions options;
  options.limits.head_time = std::chrono::minutes(1);
  const int port = serve(options);
  std::vector<RawClient> slow;
  for (int i = 0; i < 80; ++i) {
    slow.emplace_back(port);
    slow.back().send("GET / HTTP/1.1\r\nHost: loc");
  }
  steady_clock::duration worst{};
  for (int round = 0; round < 10; ++round) {
    for (RawClient& client : slow) client.send("x");
    const auto begin = steady_clock::now();
    ASSERT_EQ(status_of(ask(port, get("/ok"))), 200);
    worst = std::max(worst, steady_clock::now() - begin);
  }
  EXPECT_LT(worst, milliseconds(2000));
}

TEST_F(HttpServerTest, ClientsThatDoNotReadDoNotDelayOthers) {
  HttpOptions options;
  options.limits.answer_time = std::chrono::minutes(1);
  const int port = serve(options);
  std::vector<RawClient> deaf;
  for (int i = 0; i < options.limits.threads + 2; ++i) {
    deaf.emplace_back(port);
    deaf.back().send(get("/large"));
  }
  RawClient other(port);
  other.send(get("/ok"));

  EXPECT_EQ(status_of(other.read_all(std::chrono::seconds(40))), 200);
}

// Says `text` once, or for ever.
class TestStream final : public Stream {
 public:
  TestStream(std::string text, bool for_ever, std::promise<void>* gone = nullptr)
      : text_(std::move(text)), for_ever_(for_ever), gone_(gone) {}
  ~TestStream() override {
    if (gone_ != nullptr) gone_->set_value();
  }
  std::string take() override { return for_ever_ ? text_ : std::exchange(text_, {}); }

 private:
  std::string text_;
  bool for_ever_;
  std::promise<void>* gone_;
};

HttpResponse streamed(std::string text, bool for_ever, std::promise<void>* gone = nullptr) {
  HttpResponse response{200, "text/event-stream", {}, {}};
  response.stream = std::make_unique<TestStream>(std::move(text), for_ever, gone);
  return response;
}

int started(HttpServer& server) {
  const auto port = server.start();
  EXPECT_TRUE(port.ok()) << port.error().message;
  return port ? *port : 0;
}

TEST_F(HttpServerTest, ASilentStreamGetsComments) {
  HttpOptions options;
  options.limits.silence = milliseconds(50);
  HttpServer server(options, [](const HttpRequest&) { return streamed("data: 1\n\n", false); });
  RawClient client(started(server));
  client.send(get("/"));

  const std::string heard = client.read_until("\n\n:\n\n:\n\n");

  EXPECT_THAT(heard, HasSubstr("\r\n\r\ndata: 1\n\n:\n\n:\n\n"));
}

TEST_F(HttpServerTest, WhoDoesNotReadAStreamIsDropped) {
  HttpOptions options;
  options.limits.answer_time = milliseconds(200);
  std::promise<void> gone;
  HttpServer server(options, [&](const HttpRequest&) { return streamed(std::string(kLarge, 'x'), false, &gone); });
  RawClient client(started(server));
  client.send(get("/"));

  EXPECT_EQ(gone.get_future().wait_for(std::chrono::seconds(30)), std::future_status::ready);
}

TEST_F(HttpServerTest, WhoLeavesAStreamIsNoticed) {
  std::promise<void> gone;
  HttpServer server({}, [&](const HttpRequest&) { return streamed("data: 1\n\n", false, &gone); });
  const int port = started(server);
  {
    RawClient client(port);
    client.send(get("/"));
    client.read_until("data: 1\n\n");
  }
  EXPECT_EQ(gone.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

TEST_F(HttpServerTest, AStreamWithoutEndLeavesTheOthersTheirTurn) {
  HttpServer server({}, [](const HttpRequest& request) {
    return request.path == "/stream" ? streamed("data: 1\n\n", true) : test_handler(request);
  });
  const int port = started(server);
  std::atomic<bool> ended = false;
  std::thread reader([&] {
    RawClient client(port);
    client.send(get("/stream"));
    while (!ended) client.read_until("data: 1\n\n");
  });

  const std::string answer = ask(port, get("/ok"));
  ended = true;
  reader.join();

  EXPECT_EQ(status_of(answer), 200);
}

TEST_F(HttpServerTest, WhatAStreamsClientSaysIsDropped) {
  HttpOptions options;
  options.limits.silence = milliseconds(50);
  HttpServer server(options, [](const HttpRequest&) { return streamed("data: 1\n\n", false); });
  RawClient client(started(server));
  client.send(get("/"));
  client.read_until("data: 1\n\n");

  client.send("more\r\n");

  EXPECT_THAT(client.read_until("\n\n:\n\n:\n\n"), HasSubstr(":\n\n:\n\n"));
}

TEST_F(HttpServerTest, ALargeAnswerArrivesWhole) {
  EXPECT_EQ(body_of(ask(serve(), get("/large"))).size(), kLarge);
}

TEST_F(HttpServerTest, AFullHouseClosesTheLongestWaiting) {
  HttpOptions options;
  options.limits.connections = 4;
  const int port = serve(options);
  std::vector<RawClient> idle;
  for (int i = 0; i < 20; ++i) idle.emplace_back(port);

  const std::string answer = ask(port, get("/ok"));

  EXPECT_EQ(status_of(answer), 200);
  EXPECT_EQ(idle.front().read_all(milliseconds(1000)), "");
}

TEST_F(HttpServerTest, AFullHouseOfClientsThatDoNotReadLetsOthersIn) {
  HttpOptions options;
  options.limits.connections = 4;
  options.limits.answer_time = std::chrono::minutes(1);
  const int port = serve(options);
  std::vector<RawClient> deaf;
  for (int i = 0; i < 4; ++i) {
    deaf.emplace_back(port);
    deaf.back().send(get("/large"));
    deaf.back().await();  // the answer has begun
  }

  EXPECT_EQ(status_of(ask(port, get("/ok"))), 200);
  EXPECT_LT(deaf.front().read_all().size(), kLarge) << "the first has made room";
}

TEST_F(HttpServerTest, OneRequestPerConnection) {
  const std::string answer = ask(serve(), get("/first") + get("/second"));

  EXPECT_THAT(answer, HasSubstr("/first"));
  EXPECT_THAT(answer, Not(HasSubstr("/second")));
}

TEST_F(HttpServerTest, TheApiNeedsTheTokenWhenThereIsOne) {
  HttpOptions options;
  options.token = "right-token";
  const int port = serve(options);

  EXPECT_EQ(status_of(ask(port, get("/api/x"))), 401);
  EXPECT_EQ(status_of(ask(port, get("/%61pi/x"))), 401);
  EXPECT_EQ(status_of(ask(port, get("/api/x", "Authorization: Bearer wrong\r\n"))), 401);
  EXPECT_EQ(status_of(ask(port, get("/api/x", "Authorization: right-token\r\n"))), 401);
  EXPECT_EQ(status_of(ask(port, get("/api/x", "Authorization: Bearer right-token\r\n"))), 200);
  EXPECT_EQ(status_of(ask(port, get("/page"))), 200);
}

TEST_F(HttpServerTest, AnOpenAddressNeedsAToken) {
  HttpOptions options;
  options.address.host = "0.0.0.0";
  options.tls = *TlsContext::make(*new_identity("localhost"));

  const auto without = HttpServer(options, test_handler).start();
  options.token = "t";
  const auto with = HttpServer(options, test_handler).start();

  ASSERT_FALSE(without.ok());
  EXPECT_EQ(without.error().code, ErrorCode::invalid);
  EXPECT_TRUE(with.ok());
}

TEST_F(HttpServerTest, ATakenPortIsAnError) {
  HttpOptions options;
  options.address.port = serve();

  const auto second = HttpServer(options, test_handler).start();

  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::busy);
}

TEST_F(HttpServerTest, StopsAtOnceWithOpenConnections) {
  const int port = serve();
  RawClient idle(port);
  idle.send("GET /");
  const auto begin = steady_clock::now();

  server_->stop();

  EXPECT_LT(steady_clock::now() - begin, milliseconds(1500));
  EXPECT_FALSE(RawClient(port).connected());
}

TEST(ConstantTimeTest, ComparesWholeTexts) {
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abcd"));
  EXPECT_FALSE(equal_in_constant_time("", "a"));
}

}  // namespace
}  // namespace mer::web
