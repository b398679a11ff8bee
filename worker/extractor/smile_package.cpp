#include "worker/extractor/smile_package.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <sys/utsname.h>
#include <system_error>
#include <vector>

#include "core/sha256.hpp"
#include "data/content_hash.hpp"
#include "data/file_io.hpp"

namespace mer::extractor {
namespace {

namespace fs = std::filesystem;

constexpr const char* kVariable = "MER_OPENSMILE";
constexpr const char* kLibrary = "libSMILEapi.so";
constexpr std::size_t kMaxLibraryBytes = std::size_t{1} << 28;
constexpr std::size_t kMaxConfigBytes = std::size_t{1} << 24;

// Not from the folder where the user happens to be, from which Python would import too.
constexpr const char* kAskPython =
    "python3 -c \"import sys, importlib.util\n"
    "sys.path = [path for path in sys.path if path]\n"
    "found = importlib.util.find_spec('opensmile')\n"
    "print(found.submodule_search_locations[0] if found else '')\" 2>/dev/null";

Error missing(const std::string& what) {
  return {ErrorCode::not_found,
          what +
              "; pip install opensmile==2.6.0 (its licence: research, not commercial use), then name the package's "
              "folder, or that of the Python environment, by --opensmile or " +
              kVariable + ", or have that python3 in PATH"};
}

std::string said_by_python() {
  const std::unique_ptr<FILE, int (*)(FILE*)> output(::popen(kAskPython, "r"),
                                                     [](FILE* file) { return ::pclose(file); });
  std::string text;
  std::array<char, 4096> buffer{};
  while (output && std::fgets(buffer.data(), int(buffer.size()), output.get()) != nullptr) text += buffer.data();
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

bool is_package(const fs::path& folder) {
  std::error_code error;
  return fs::is_directory(folder / "core" / "config", error) && fs::is_directory(folder / "core" / "bin", error);
}

std::vector<fs::path> entries_of(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> entries;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    entries.push_back(at->path());
  }
  std::ranges::sort(entries);
  return entries;
}

std::optional<fs::path> package_in(const fs::path& folder) {
  if (is_package(folder)) return folder;
  if (is_package(folder / "opensmile")) return folder / "opensmile";
  for (const fs::path& python : entries_of(folder / "lib")) {
    if (is_package(python / "site-packages" / "opensmile")) return python / "site-packages" / "opensmile";
  }
  return std::nullopt;
}

Result<fs::path> package_named(const std::string& named) {
  const char* const variable = std::getenv(kVariable);
  const bool by_option = !named.empty();
  const std::string folder = by_option ? named : variable != nullptr ? variable : "";
  if (folder.empty()) {
    const std::string said = said_by_python();
    if (said.empty() || !is_package(said)) return missing("openSMILE is not here: no python3 in PATH has the package");
    return fs::path(said);
  }
  const std::optional<fs::path> found = package_in(folder);
  if (!found) {
    return missing(std::string(by_option ? "--opensmile" : kVariable) + " " + folder + ": holds no package opensmile");
  }
  return *found;
}

// The package has a folder for each platform, whose name ends with the machine's.
Result<fs::path> library_in(const fs::path& package) {
  utsname machine{};
  ::uname(&machine);
  const std::string ending = std::string("_") + machine.machine;
  for (const fs::path& platform : entries_of(package / "core" / "bin")) {
    std::error_code error;
    if (platform.filename().string().ends_with(ending) && fs::exists(platform / kLibrary, error)) {
      return platform / kLibrary;
    }
  }
  return missing((package / "core" / "bin").string() + ": no " + kLibrary + " for " + machine.machine);
}

std::string version_beside(const fs::path& package) {
  constexpr std::string_view kBegin = "opensmile-", kEnd = ".dist-info";
  for (const fs::path& entry : entries_of(package.parent_path())) {
    const std::string name = entry.filename().string();
    if (name.starts_with(kBegin) && name.ends_with(kEnd)) {
      return name.substr(kBegin.size(), name.size() - kBegin.size() - kEnd.size());
    }
  }
  return "unknown";
}

Result<std::string> hash_of_configs(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (at->is_regular_file(error)) files.push_back(at->path());
  }
  if (error) return system_error(error.value(), folder.string());
  std::ranges::sort(files);
  data::ContentHash hash("mer openSMILE configurations 1");
  for (const fs::path& file : files) {
    MER_ASSIGN(const std::string bytes, data::read_file(file.string(), kMaxConfigBytes));
    hash.text(file.lexically_relative(folder).string());
    hash.text(bytes);
  }
  return hash.hex();
}

}  // namespace

Result<SmilePackage> find_smile_package(const std::string& named) {
  MER_ASSIGN(const fs::path folder, package_named(named));
  std::error_code error;
  const fs::path package = fs::absolute(folder, error);
  SmilePackage found;
  found.configs = package / "core" / "config";
  found.version = version_beside(package);
  MER_ASSIGN(found.library, library_in(package));
  MER_ASSIGN(const std::string bytes, data::read_file(found.library.string(), kMaxLibraryBytes));
  found.library_hash = short_hash(bytes);
  MER_ASSIGN(found.configs_hash, hash_of_configs(found.configs));
  return found;
}

}  // namespace mer::extractor
