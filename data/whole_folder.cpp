#include "data/whole_folder.hpp"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <sys/stat.h>

#include "data/file_io.hpp"

namespace mer::data {
namespace {

namespace fs = std::filesystem;

Status check_target(const fs::path& target) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(target, error);
  if (!fs::exists(status)) return {};
  if (!fs::is_directory(status)) return invalid(target.string() + ": exists and is not a folder");
  if (!fs::is_empty(target, error) || error) {
    return invalid(target.string() + ": the folder is not empty; name a new one");
  }
  return {};
}

}  // namespace

Status make_folder(const std::string& folder) {
  if (::mkdir(folder.c_str(), 0755) != 0) return system_error(errno, folder);
  return {};
}

Status write_whole_folder(const std::string& folder, const std::function<Status(const std::string& temporary)>& fill) {
  std::error_code error;
  fs::path target = fs::absolute(folder, error).lexically_normal();
  if (!target.has_filename()) target = target.parent_path();  // a trailing slash
  MER_TRY(check_target(target));
  if (!fs::create_directories(target.parent_path(), error) && error) {
    return system_error(error.value(), target.parent_path().string());
  }
  const std::string temporary = unfinished_name(target.string());
  fs::remove_all(temporary, error);  // of a process that had this number before and was killed
  Status status = make_folder(temporary);
  if (status) status = fill(temporary);
  // rename() replaces an empty folder and refuses one that holds anything.
  if (status && std::rename(temporary.c_str(), target.c_str()) != 0) status = system_error(errno, target.string());
  if (!status) {
    fs::remove_all(temporary, error);
    return status;
  }
  return sync_folder(target.parent_path().string());
}

}  // namespace mer::data
