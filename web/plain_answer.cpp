#include "web/plain_answer.hpp"

namespace mer::web {

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
  std::string answer = "HTTP/1.1 " + std::to_string(status) + " " + reason + "\r\n";
  for (const auto& [name, value] : security_headers()) answer += name + ": " + value + "\r\n";
  if (!allow.empty()) answer += "Allow: " + allow + "\r\n";
  answer += "Connection: close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ";
  return answer + std::to_string(body.size()) + "\r\n\r\n" + (with_body ? body : "");
}

}  // namespace mer::web
