#include "web/request_filter.hpp"

#include <algorithm>
#include <optional>
#include <set>

namespace mer::web {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_token_char(char c) {  // RFC 9110, 5.6.2
  return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

std::string lower_case(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

std::optional<Rejection> check_request_line(std::string_view line, const RequestPolicy& policy) {
  const std::size_t first = line.find(' ');
  const std::size_t second = first == std::string_view::npos ? first : line.find(' ', first + 1);
  if (second == std::string_view::npos) return Rejection{400, "malformed request line"};
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, second - first - 1);
  const std::string_view version = line.substr(second + 1);

  if (method.empty() || !std::all_of(method.begin(), method.end(), is_token_char)) {
    return Rejection{400, "malformed request line"};
  }
  if (std::find(policy.methods.begin(), policy.methods.end(), method) == policy.methods.end()) {
    return Rejection{405, "method not allowed"};
  }
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return Rejection{505, "HTTP version not supported"};
  if (target.empty() || target.front() != '/' || !is_printable(target)) {
    return Rejection{400, "malformed request target"};
  }
  const std::size_t query = std::min(target.find('?'), target.size());
  const std::size_t longest = method == "POST" ? policy.post_query_bytes : policy.query_bytes;
  if (query > policy.path_bytes || target.size() - query > longest) {
    return Rejection{414, "request target too long"};
  }
  return std::nullopt;
}

struct Header {
  std::string name;  // lower case
  std::string_view value;
};

std::optional<Header> parse_header(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  const std::string_view name = line.substr(0, colon);
  if (!std::all_of(name.begin(), name.end(), is_token_char)) return std::nullopt;  // a folded line too
  const std::string_view value = trimmed(line.substr(colon + 1));
  const auto control = [](char c) { return (c >= 0 && c < 0x20 && c != '\t') || c == 0x7f; };
  if (std::any_of(value.begin(), value.end(), control)) return std::nullopt;
  return Header{lower_case(name), value};
}

// Headers by which a body comes in, or its size is made ambiguous. No route takes a body.
std::optional<Rejection> check_body_header(const Header& header) {
  if (header.name == "transfer-encoding") return Rejection{400, "transfer encodings are not accepted"};
  if (header.name == "content-encoding") return Rejection{415, "content encodings are not accepted"};
  if (header.name == "content-type" && lower_case(header.value).starts_with("multipart/")) {
    return Rejection{415, "multipart bodies are not accepted"};
  }
  if (header.name == "content-length" && header.value != "0") return Rejection{413, "request bodies are not accepted"};
  if (header.name == "expect") return Rejection{417, "expectations are not accepted"};
  return std::nullopt;
}

// A browser sends Origin with what a page asks of another site, and with each POST. "null" is no page of ours.
bool is_of_own_page(std::string_view origin, std::string_view host) {
  const std::string own = lower_case(host), given = lower_case(origin);
  return given == "http://" + own || given == "https://" + own;
}

}  // namespace

std::string host_name_of(std::string_view host_header) {
  std::string_view name = host_header;
  std::string_view port;
  if (name.starts_with('[')) {
    const std::size_t end = name.find(']');
    if (end == std::string_view::npos) return {};
    port = name.substr(end + 1);
    name = name.substr(1, end - 1);
  } else if (const std::size_t colon = name.find(':'); colon != std::string_view::npos) {
    port = name.substr(colon);
    name = name.substr(0, colon);
  }
  const bool good_port =
      port.empty() || (port.front() == ':' && port.size() <= 6 && std::all_of(port.begin() + 1, port.end(), is_digit));
  return good_port ? lower_case(name) : std::string();
}

std::variant<std::string, Rejection> filter_head(std::string_view head, const RequestPolicy& policy) {
  std::size_t at = head.find(kLineEnd);
  if (at == std::string_view::npos) return Rejection{400, "malformed request line"};
  const std::string_view request_line = head.substr(0, at);
  if (auto rejection = check_request_line(request_line, policy)) return *rejection;

  std::string passed(request_line);
  passed += kLineEnd;
  std::set<std::string> names;
  std::string_view host, origin;
  for (at += kLineEnd.size(); !head.substr(at).starts_with(kLineEnd);) {
    const std::size_t end = head.find(kLineEnd, at);
    if (end == std::string_view::npos) return Rejection{400, "malformed header"};
    const std::optional<Header> header = parse_header(head.substr(at, end - at));
    at = end + kLineEnd.size();

    if (!header) return Rejection{400, "malformed header"};
    if (names.size() == policy.headers) return Rejection{431, "too many headers"};
    if (!names.insert(header->name).second) return Rejection{400, "repeated header"};
    if (auto rejection = check_body_header(*header)) return *rejection;
    if (header->name == "host") host = header->value;
    if (header->name == "origin") origin = header->value;
    if (header->name == "host" || header->name == "authorization" || header->name == "if-none-match") {
      passed.append(header->name).append(": ").append(header->value).append(kLineEnd);
    }
  }
  if (!names.contains("host")) return Rejection{400, "the Host header is missing"};
  if (std::ranges::find(policy.hosts, host_name_of(host)) == policy.hosts.end()) {
    return Rejection{421, "this host name is not served here"};
  }
  if (names.contains("origin") && !is_of_own_page(origin, host)) {
    return Rejection{403, "pages of other sites are not answered"};
  }
  return passed.append(kLineEnd);
}

}  // namespace mer::web
