// TemporaryFolder: a folder of its own that goes with its object.
//
// Threads: one owner. Errors: system errors, with the path.
#pragma once

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>

#include "core/descriptor.hpp"
#include "core/result.hpp"

namespace mer::cli {

class TemporaryFolder {
 public:
  // `name` begins the folder's name, e.g. "mer-bench".
  static Result<TemporaryFolder> make(const std::string& name) {
    std::string pattern = (std::filesystem::temp_directory_path() / (name + "-XXXXXX")).string();
    if (::mkdtemp(pattern.data()) == nullptr) return system_error(errno, pattern + ": cannot be made");
    return TemporaryFolder(pattern);
  }
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace mer::cli
