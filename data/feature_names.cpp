#include "data/feature_names.hpp"

#include <sstream>

#include "data/safetensors.hpp"

namespace mer::data {

Result<std::vector<std::string>> feature_names(const std::string& path) {
  MER_ASSIGN(const SafetensorsFile file, SafetensorsFile::open(path));
  std::vector<std::string> names;
  const auto found = file.metadata().find(kNamesMetadata);
  if (found == file.metadata().end()) return names;
  std::istringstream lines(found->second);
  for (std::string line; std::getline(lines, line);) names.push_back(line);
  return names;
}

}  // namespace mer::data
