// Files read whole, and files that appear whole or not at all.
//
// Threads: pure apart from the files. Errors: not_found, no_space (disk or quota full), invalid (not a regular file,
// too large), io; messages name the path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/descriptor.hpp"
#include "core/result.hpp"

namespace mer::data {

struct OpenFile {
  Descriptor descriptor;
  std::size_t bytes = 0;
};
// A regular file, opened for reading; never blocks on a pipe or a device.
Result<OpenFile> open_regular(const std::string& path);

Result<std::string> read_file(const std::string& path, std::size_t limit_bytes);

struct WrittenFile {
  std::string sha256;  // 64 hex digits, of the whole file
  std::int64_t bytes = 0;
};

// Writes the chunks one after the other to a temporary name in the same folder, fsync, rename to `path`, fsync of the
// folder. On an error `path` is as it was before and the temporary file is gone.
Result<WrittenFile> write_file(const std::string& path, std::span<const std::string_view> chunks);

// What write_file() and write_corpus() call `path` in this process until it is complete.
std::string unfinished_name(const std::string& path);

// Removes what writers that were killed have left in this folder. REQUIRES: nobody writes into it.
void remove_unfinished(const std::string& folder);

// Makes the entries of a folder (new names, renames) durable.
Status sync_folder(const std::string& folder);

}  // namespace mer::data
