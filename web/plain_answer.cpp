#include "web/plain_answer.hpp"

namespace mer::web {
namespace {

std::string head_of(int status, const std::string& reason) {
  std::string head = "HTTP/1.1 " + std::to_string(status) + " " + reason + "\r\n";
  for (const auto& [name, value] : security_headers()) head += name + ": " + value + "\r\n";
  return head;
}

}  // namespace

const std::vector<std::pair<std::string, std::string>>& security_headers() {
  static const std::vector<std::pair<std::string, std::string>> headers = {
      {"Content-Security-Policy",
       "default-src 'self'; img-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
       "object-src 'none'"},
      {"X-Content-Type-Options", "nosniff"},
      {"X-Frame-Options", "DENY"},
      {"Referrer-Policy", "no-referrer"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Cache-Control", "no-store"},
  };
  return headers;
}

std::string plain_answer(int status, const std::string& reason, const std::string& allow, bool with_body) {
  const std::string body = reason + "\n";
  std::string answer = head_of(status, reason);
  if (!allow.empty()) answer += "Allow: " + allow + "\r\n";
  answer += "Connection: close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ";
  return answer + std::to_string(body.size()) + "\r\n\r\n" + (with_body ? body : "");
}

std::string stream_head(const std::string& content_type) {
  return head_of(200, "OK") + "Connection: close\r\nContent-Type: " + content_type + "\r\n\r\n";
}

}  // namespace mer::web
