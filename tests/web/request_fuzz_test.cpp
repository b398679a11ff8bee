// Heads that were changed at random, by a seed: what the filter lets pass is what the parser behind it may see.
#include <array>
#include <cstddef>
#include <gtest/gtest.h>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <variant>

#include "tests/web/raw_client.hpp"
#include "web/http_server.hpp"
#include "web/request_filter.hpp"

namespace mer::web {
namespace {

constexpr std::array<std::string_view, 4> kHeads = {
    "GET /api/v1/sweeps/1/results?rule=last&metric=wa HTTP/1.1\r\nHost: localhost:8080\r\nAccept: */*\r\n\r\n",
    "POST /api/v1/control/pause?target=1 HTTP/1.1\r\nHost: [::1]:80\r\nAuthorization: Bearer t\r\nContent-Length: "
    "0\r\n\r\n",
    "HEAD / HTTP/1.0\r\nHost: 127.0.0.1\r\nIf-None-Match: \"1-2\"\r\nOrigin: http://127.0.0.1\r\n\r\n",
    "GET /%2e%2e/a%00b?x=%0d%0aSet-Cookie:%20y HTTP/1.1\r\nhost: localhost\r\nX: \t y\t\r\n\r\n"};

const std::array<std::string, 24> kPieces = {"\r\n",
                                             "\n",
                                             "\r",
                                             " ",
                                             "\t",
                                             ":",
                                             "\r\n ",
                                             "%",
                                             "%0d%0a",
                                             "%u0000",
                                             "?",
                                             "&",
                                             "=",
                                             "#",
                                             "/../",
                                             "//",
                                             std::string(1, '\0'),
                                             "\x80\xff",
                                             "Host: evil.example\r\n",
                                             "Content-Length: 5\r\n",
                                             "Transfer-Encoding: chunked\r\n",
                                             "HTTP/1.1",
                                             "Range: bytes=0-,0-\r\n",
                                             "\r\n\r\n"};

class Mutator {
 public:
  explicit Mutator(unsigned seed) : draw_(seed) {}

  std::string next() {
    std::string head(kHeads[below(kHeads.size())]);
    for (std::size_t changes = 1 + below(4); changes > 0; --changes) change(head);
    return head;
  }

 private:
  std::size_t below(std::size_t size) { return std::uniform_int_distribution<std::size_t>(0, size - 1)(draw_); }

  void change(std::string& head) {
    const std::size_t at = below(head.size() + 1), length = below(40);
    switch (below(5)) {
      case 0: head.insert(at, kPieces[below(kPieces.size())]); break;
      case 1: head.erase(at, length); break;
      case 2: head.insert(at, head.substr(below(head.size() + 1), length)); break;
      case 3: head.insert(at, std::string(below(700), 'a')); break;
      default:
        if (at < head.size()) head[at] = static_cast<char>(below(256));
    }
  }

  std::mt19937 draw_;
};

RequestPolicy policy() {
  return {.methods = {"GET", "HEAD", "POST"}, .hosts = {"localhost", "127.0.0.1", "::1"}};
}

// Whether `line` is "name: value" with printable bytes, and which name.
std::string name_in(const std::string& line) {
  const std::size_t colon = line.find(": ");
  for (const char c : line) {
    if ((c >= 0 && c < 0x20 && c != '\t') || c == 0x7f) return "a control character";
  }
  return line.substr(0, colon);
}

// Of what passed: a request line that is one of ours, then headers that the server reads, each once.
void expect_well_formed(const std::string& passed, const std::string& head) {
  std::set<std::string> names;
  ASSERT_TRUE(passed.ends_with("\r\n\r\n")) << head;
  const std::size_t first = passed.find("\r\n");
  const std::string request = passed.substr(0, first);
  EXPECT_TRUE(request.starts_with("GET /") || request.starts_with("HEAD /") || request.starts_with("POST /")) << head;
  EXPECT_TRUE(request.ends_with(" HTTP/1.1") || request.ends_with(" HTTP/1.0")) << head;
  EXPECT_EQ(request.find_first_of(std::string("\r\n\t\0", 4)), std::string::npos) << head;
  for (std::size_t at = first + 2; at + 2 < passed.size();) {
    const std::size_t end = passed.find("\r\n", at);
    const std::string name = name_in(passed.substr(at, end - at));
    EXPECT_TRUE(name == "host" || name == "authorization" || name == "if-none-match") << name << " in " << head;
    EXPECT_TRUE(names.insert(name).second) << name << " twice in " << head;
    at = end + 2;
  }
  EXPECT_TRUE(names.contains("host")) << head;
}

TEST(RequestFuzzTest, WhatPassesTheFilterIsWellFormed) {
  Mutator mutator(1);
  int passed = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string head = mutator.next();
    const auto filtered = filter_head(head, policy());
    if (const auto* rejection = std::get_if<Rejection>(&filtered)) {
      EXPECT_GE(rejection->status, 400);
      continue;
    }
    ++passed;
    expect_well_formed(std::get<std::string>(filtered), head);
  }
  EXPECT_GT(passed, 1000) << "hardly anything gets as far as the parser";
}

TEST(RequestFuzzTest, EveryHeadGetsOneWholeAnswerAndTheServerGoesOn) {
  HttpOptions options;
  options.control_token = "t";
  HttpServer server(options, [](const HttpRequest& request) {
    return HttpResponse{200, "text/plain", request.path, {}};
  });
  const int port = server.start().value();
  Mutator mutator(2);
  for (int i = 0; i < 400; ++i) {
    const std::string head = mutator.next() + "\r\n\r\n";
    const std::string answer = test::ask(port, head);
    EXPECT_GE(test::status_of(answer), 200) << head;
    EXPECT_NE(answer.find("\r\nX-Content-Type-Options: nosniff\r\n"), std::string::npos) << head;
    const std::string fields = answer.substr(0, answer.find("\r\n\r\n"));
    EXPECT_EQ(fields.find("Set-Cookie"), std::string::npos) << head;
  }
}

}  // namespace
}  // namespace mer::web
