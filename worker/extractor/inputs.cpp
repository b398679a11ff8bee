#include "worker/extractor/inputs.hpp"

#include <filesystem>

#include "data/file_io.hpp"

namespace mer::extractor {
namespace {

constexpr std::size_t kMaxFileBytes = std::size_t{1} << 30;

}  // namespace

Inputs::Inputs(const std::string& folder, const data::Recordings& recordings, Method::Input kind)
    : folder_(folder),
      recordings_(recordings),
      kind_(kind),
      root_((std::filesystem::path(folder) / recordings.root).string()) {}

Status Inputs::check_root() const {
  std::error_code error;
  if (kind_ == Method::Input::text || std::filesystem::is_directory(root_, error)) return {};
  return Error{ErrorCode::not_found,
               root_ +
                   ": there is no such folder, the raw corpus with the recordings; where it is now, say in "
                   "/recordings/root of " +
                   folder_ + "/corpus.json"};
}

Result<std::string> Inputs::read(std::size_t row) const {
  if (kind_ == Method::Input::text) return recordings_.rows[row].transcript;
  return data::read_file(where(row), kMaxFileBytes);
}

std::string Inputs::where(std::size_t row) const {
  if (kind_ == Method::Input::text) return "transcript";
  return (std::filesystem::path(root_) / recordings_.rows[row].audio).lexically_normal().string();
}

}  // namespace mer::extractor
