#include "worker/extractor/inputs.hpp"

#include <filesystem>

#include "data/file_io.hpp"

namespace mer::extractor {
namespace {

constexpr std::size_t kMaxFileBytes = std::size_t{1} << 30;

}  // namespace

Inputs::Inputs(const std::string& folder, const data::Recordings& recordings, Method::Input kind)
    : recordings_(recordings), kind_(kind), root_((std::filesystem::path(folder) / recordings.root).string()) {}

Result<std::string> Inputs::read(std::size_t row) const {
  if (kind_ == Method::Input::text) return recordings_.rows[row].transcript;
  return data::read_file(where(row), kMaxFileBytes);
}

std::string Inputs::where(std::size_t row) const {
  if (kind_ == Method::Input::text) return "transcript";
  return (std::filesystem::path(root_) / recordings_.rows[row].audio).lexically_normal().string();
}

}  // namespace mer::extractor
