#include "data/whole_folder.hpp"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <sys/stat.h>

#include "data/file_io.hpp"

namespace mer::data {
namespace {

namespace fs = std::filesystem;

fs::path absolute(const std::string& folder) {
  std::error_code error;
  const fs::path target = fs::absolute(folder, error).lexically_normal();
  return target.has_filename() ? target : target.parent_path();  // a trailing slash
}

Error taken(const fs::path& target) {
  return invalid(target.string() + ": the folder is not empty; name a new one");
}

// rename() replaces an empty folder and refuses one that holds anything.
Status put_in_place(const std::string& temporary, const fs::path& target) {
  if (std::rename(temporary.c_str(), target.c_str()) == 0) return {};
  if (errno == ENOTEMPTY || errno == EEXIST) return taken(target);
  return system_error(errno, target.string());
}

}  // namespace

Status check_new_folder(const std::string& folder) {
  const fs::path target = absolute(folder);
  std::error_code error;
  const fs::file_status status = fs::symlink_status(target, error);
  if (!fs::exists(status)) return {};
  if (!fs::is_directory(status)) return invalid(target.string() + ": exists and is not a folder");
  if (!fs::is_empty(target, error) || error) return taken(target);
  return {};
}

Status make_folder(const std::string& folder) {
  if (::mkdir(folder.c_str(), 0755) != 0) return system_error(errno, folder);
  return {};
}

Status write_whole_folder(const std::string& folder, const std::function<Status(const std::string& temporary)>& fill) {
  MER_TRY(check_new_folder(folder));
  const fs::path target = absolute(folder);
  std::error_code error;
  if (!fs::create_directories(target.parent_path(), error) && error) {
    return system_error(error.value(), target.parent_path().string());
  }
  const std::string temporary = unfinished_name(target.string());
  fs::remove_all(temporary, error);  // of a process that had this number before and was killed
  Status status = make_folder(temporary);
  if (status) status = fill(temporary);
  if (status) status = put_in_place(temporary, target);
  if (!status) {
    fs::remove_all(temporary, error);
    return status;
  }
  return sync_folder(target.parent_path().string());
}

}  // namespace mer::data
