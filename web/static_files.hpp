// The page's files, embedded at build time (web/embed.cmake makes the source). Threads: constants.
#pragma once

#include <span>
#include <string_view>

namespace mer::web {

struct StaticFile {
  std::string_view path;  // e.g. "/views/sweep.js"; "/" is the page itself
  std::string_view content_type;
  std::string_view etag;  // with its quotes
  std::string_view content;
};

std::span<const StaticFile> static_files();

}  // namespace mer::web
