#include "web/request_filter.hpp"

#include <gtest/gtest.h>
#include <string>
#include <variant>

namespace mer::web {
namespace {

RequestPolicy policy() {
  RequestPolicy policy;
  policy.hosts = {"localhost", "127.0.0.1", "::1"};
  return policy;
}

std::string head_of(const std::string& request_line, const std::string& headers = "Host: localhost\r\n") {
  return request_line + "\r\n" + headers + "\r\n";
}

// 0: passed.
int status_of(const std::string& head) {
  const auto filtered = filter_head(head, policy());
  const auto* rejection = std::get_if<Rejection>(&filtered);
  return rejection == nullptr ? 0 : rejection->status;
}

int status_with(const std::string& header) {
  return status_of(head_of("GET / HTTP/1.1", "Host: localhost\r\n" + header + "\r\n"));
}

TEST(RequestFilterTest, PassesOnlyTheHeadersThatTheServerReads) {
  const std::string head = head_of("GET /a?b=c HTTP/1.1",
                                   "Host: LOCALHOST:8080\r\nRange: bytes=0-1,0-1\r\nREMOTE_ADDR: 1.2.3.4\r\n"
                                   "authorization:  Bearer x \r\nAccept-Encoding: gzip\r\nIf-None-Match: \"1\"\r\n");

  const auto filtered = filter_head(head, policy());

  ASSERT_TRUE(std::holds_alternative<std::string>(filtered));
  EXPECT_EQ(std::get<std::string>(filtered),
            "GET /a?b=c HTTP/1.1\r\nhost: LOCALHOST:8080\r\nauthorization: Bearer x\r\n"
            "if-none-match: \"1\"\r\n\r\n");
}

TEST(RequestFilterTest, MethodsAreAnAllowList) {
  EXPECT_EQ(status_of(head_of("GET / HTTP/1.1")), 0);
  EXPECT_EQ(status_of(head_of("HEAD / HTTP/1.1")), 0);
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "get", "BREW"}) {
    EXPECT_EQ(status_of(head_of(std::string(method) + " / HTTP/1.1")), 405) << method;
  }
}

TEST(RequestFilterTest, HostMustBeOneOfOurs) {
  EXPECT_EQ(status_of(head_of("GET / HTTP/1.1", "")), 400);
  EXPECT_EQ(status_of(head_of("GET / HTTP/1.1", "Host: [::1]:80\r\n")), 0);
  for (const char* host : {"evil.example", "localhost.evil.example", "localhost@evil", "localhost:", "", "[::1",
                           "127.0.0.1:80:80", "localhost:x"}) {
    const int status = status_of(head_of("GET / HTTP/1.1", std::string("Host: ") + host + "\r\n"));
    EXPECT_EQ(status, std::string(host) == "localhost:" ? 0 : 421) << host;
  }
}

TEST(RequestFilterTest, PagesOfOtherSitesAreRefused) {
  const auto from = [](const std::string& origin, const std::string& host) {
    return status_of(head_of("GET / HTTP/1.1", "Origin: " + origin + "\r\nHost: " + host + "\r\n"));
  };
  EXPECT_EQ(from("http://localhost:8080", "LOCALHOST:8080"), 0);
  EXPECT_EQ(from("https://[::1]:8080", "[::1]:8080"), 0);
  for (const char* origin : {"http://evil.example", "null", "", "http://localhost", "http://localhost:80800",
                             "http://localhost:8080.evil.example", "http://localhost:8080/", "ftp://localhost:8080"}) {
    EXPECT_EQ(from(origin, "localhost:8080"), 403) << origin;
  }
  EXPECT_EQ(from("http://evil.example", "evil.example"), 421) << "a name that was bound to this address";
}

TEST(RequestFilterTest, RefusesBodiesAndWhatMakesTheirSizeAmbiguous) {
  EXPECT_EQ(status_with("Content-Length: 0"), 0);
  EXPECT_EQ(status_with("Content-Length: 5"), 413);
  EXPECT_EQ(status_with("Content-Length: 99999999999999999999"), 413);
  EXPECT_EQ(status_with("Content-Length: 0\r\nContent-Length: 0"), 400);
  EXPECT_EQ(status_with("Transfer-Encoding: chunked"), 400);
  EXPECT_EQ(status_with("Content-Encoding: gzip"), 415);
  EXPECT_EQ(status_with("Content-Type: Multipart/form-data; boundary=x"), 415);
  EXPECT_EQ(status_with("Expect: 100-continue"), 417);
}

TEST(RequestFilterTest, RefusesMalformedAndRepeatedHeaders) {
  for (const char* header :
       {"Host: localhost", "no colon", ": empty name", "Bad Name: x", " folded: x", "X: a\rb", "X: a\nb", "X : y"}) {
    EXPECT_EQ(status_with(header), 400) << header;
  }
  EXPECT_EQ(status_with(std::string("X: a\0b", 6)), 400);
}

TEST(RequestFilterTest, CountsHeaders) {
  std::string headers;
  for (int i = 0; i < 63; ++i) headers += "X-" + std::to_string(i) + ": y\r\n";
  EXPECT_EQ(status_of(head_of("GET / HTTP/1.1", "Host: localhost\r\n" + headers)), 0);
  EXPECT_EQ(status_of(head_of("GET / HTTP/1.1", "Host: localhost\r\n" + headers + "X-63: y\r\n")), 431);
}

TEST(RequestFilterTest, ThePostsMayHaveALongerQuery) {
  const auto status = [](const std::string& method, std::size_t bytes) {
    RequestPolicy with_posts = policy();
    with_posts.methods.emplace_back("POST");
    const auto filtered = filter_head(head_of(method + " /?" + std::string(bytes - 1, 'a') + " HTTP/1.1"), with_posts);
    const auto* rejection = std::get_if<Rejection>(&filtered);
    return rejection == nullptr ? 0 : rejection->status;
  };
  EXPECT_EQ(status("GET", 1024), 0);
  EXPECT_EQ(status("GET", 1025), 414);
  EXPECT_EQ(status("POST", 7168), 0);
  EXPECT_EQ(status("POST", 7169), 414);
}

TEST(RequestFilterTest, ChecksTheRequestLine) {
  EXPECT_EQ(status_of(head_of("GET /" + std::string(511, 'a') + " HTTP/1.1")), 0);
  EXPECT_EQ(status_of(head_of("GET /" + std::string(512, 'a') + " HTTP/1.1")), 414);
  EXPECT_EQ(status_of(head_of("GET /?" + std::string(2000, 'a') + " HTTP/1.1")), 414);
  EXPECT_EQ(status_of(head_of("GET / HTTP/2.0")), 505);
  for (const char* line : {"", "GET", "GET /", "GET  / HTTP/1.1", "GET http://localhost/ HTTP/1.1", "GET a HTTP/1.1",
                           "GET /\t HTTP/1.1", "GET /\x80 HTTP/1.1"}) {
    const int status = status_of(head_of(line));
    EXPECT_TRUE(status == 400 || status == 505) << line << " gave " << status;
  }
}

TEST(RequestFilterTest, AHeadCutAnywhereIsRefusedWithoutCrash) {
  const std::string head = head_of("GET /a HTTP/1.1", "Host: localhost\r\nX: y\r\n");
  for (std::size_t size = 0; size < head.size() - 2; ++size) {
    EXPECT_NE(status_of(head.substr(0, size)), 0) << size;
  }
}

}  // namespace
}  // namespace mer::web
