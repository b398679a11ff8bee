#include "data/import/folder_search.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "core/quoting.hpp"
#include "data/file_io.hpp"
#include "data/natural_order.hpp"
#include "data/plain_name.hpp"

namespace mer::data {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxTextBytes = std::size_t{1} << 26;

std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    entries.push_back(entry->path());
  }
  std::ranges::sort(entries, [](const fs::path& a, const fs::path& b) {
    return NaturalLess()(a.filename().string(), b.filename().string());
  });
  return entries;
}

}  // namespace

bool is_folder(const std::string& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

bool is_file(const std::string& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

Result<std::string> find_root(const std::string& folder, const std::function<bool(const std::string&)>& looks_right,
                              const std::string& expected) {
  std::error_code error;
  fs::path path = fs::absolute(folder, error).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();  // a trailing slash
  std::vector<std::string> roots;
  if (looks_right(path.string())) {
    roots.push_back(path.string());
  } else {
    for (const fs::path& child : entries_of(path)) {
      if (is_folder(child.string()) && looks_right(child.string())) roots.push_back(child.string());
    }
  }
  if (roots.size() > 1) return invalid(folder + ": holds several such corpora, " + quote_list(roots) + ": name one");
  if (roots.empty()) {
    return Error{ErrorCode::not_found, folder + (is_folder(folder) ? ": has not got " : ": is no folder; expected ") +
                                           expected + ", nor has a folder in it"};
  }
  if (!is_plain_name(roots.front())) {
    return invalid(quote(roots.front()) + ": the path must be UTF-8 without control characters: rename it");
  }
  return roots.front();
}

std::vector<std::string> text_files(const std::string& root, const std::string& folder, Findings& findings) {
  std::vector<std::string> names;
  if (!is_folder(root + "/" + folder)) {
    findings.push_back({FindingKind::missing, folder, 0, "there is no such folder", "its turns are skipped"});
    return names;
  }
  for (const fs::path& path : entries_of(root + "/" + folder)) {
    const std::string name = path.filename().string();
    if (!is_file(path.string()) || !name.ends_with(".txt")) continue;
    if (name.starts_with("._")) {
      findings.push_back({FindingKind::mac_file, folder + "/" + name, 0, "macOS leaves it behind", "passed over"});
    } else {
      names.push_back(path.stem().string());
    }
  }
  return names;
}

std::optional<std::string> read_text(const std::string& root, const std::string& file, Findings& findings) {
  const std::string path = root + "/" + file;
  Result<std::string> text = read_file(path, kMaxTextBytes);
  if (text) return std::move(*text);
  const std::string problem = is_file(path) ? text.error().message : "there is no such file";
  findings.push_back({FindingKind::missing, file, 0, problem, "its turns are skipped"});
  return std::nullopt;
}

}  // namespace mer::data
