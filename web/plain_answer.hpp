// Answers that no HTTP library formats, and the headers that every answer carries. Threads: pure functions.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace mer::web {

// Among them "Cache-Control: no-store".
const std::vector<std::pair<std::string, std::string>>& security_headers();

// A refusal, whole: `reason` is one line, never a piece of the request. `allow`: of a 405, else empty.
std::string plain_answer(int status, const std::string& reason, const std::string& allow = {}, bool with_body = true);

// Begins a stream: without a length, it ends with the connection.
std::string stream_head(const std::string& content_type);

}  // namespace mer::web
