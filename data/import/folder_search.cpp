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

std::vector<fs::path> entries_of(const fs::path& folder, std::error_code& error) {
  std::vector<fs::path> entries;
  for (fs::directory_iterator entry(folder, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    entries.push_back(entry->path());
  }
  std::ranges::sort(entries, [](const fs::path& a, const fs::path& b) {
    return NaturalLess()(a.filename().string(), b.filename().string());
  });
  return entries;
}

// Calls take(path) for the entries of root/folder; a folder that cannot be read becomes a finding.
template <class Take>
void each_entry(const std::string& root, const std::string& folder, Findings& findings, Take take) {
  const std::string path = root + "/" + folder;
  std::error_code error;
  const std::vector<fs::path> entries = entries_of(path, error);
  if (error) findings.push_back({FindingKind::missing, folder, 0, why_no_folder(path), "its turns are skipped"});
  for (const fs::path& entry : entries) take(entry);
}

// The name of a text file without its extension; empty: it is none. What macOS leaves behind becomes a finding.
std::string text_name(const fs::path& path, const std::string& folder, Findings& findings) {
  const std::string name = path.filename().string();
  if (!is_file(path.string()) || !name.ends_with(".txt")) return "";
  if (!name.starts_with("._")) return path.stem().string();
  findings.push_back({FindingKind::mac_file, folder + "/" + name, 0, "macOS leaves it behind", "passed over"});
  return "";
}

void add_text(TextPaths& found, const std::string& name, const std::string& file, Findings& findings) {
  const auto [at, is_new] = found.try_emplace(name, file);
  if (is_new) return;
  findings.push_back({FindingKind::duplicate, file, 0, at->second + " is there too", "the first one counts"});
}

std::string why_not(const std::string& path, const std::string& kind) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::none) return error.message();  // as a rule: Permission denied
  if (fs::exists(status)) return "is no " + kind;
  return fs::is_symlink(fs::symlink_status(path, error)) ? "the link leads nowhere" : "there is no such " + kind;
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

std::string why_no_file(const std::string& path) {
  return why_not(path, "file");
}

std::string why_no_folder(const std::string& path) {
  if (!is_folder(path)) return why_not(path, "folder");
  std::error_code error;
  entries_of(path, error);
  return error ? error.message() : "";
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
    for (const fs::path& child : entries_of(path, error)) {
      if (is_folder(child.string()) && looks_right(child.string())) roots.push_back(child.string());
    }
  }
  if (roots.size() > 1) return invalid(folder + ": holds several such corpora, " + quote_list(roots) + ": name one");
  if (roots.empty()) {
    const std::string problem = why_no_folder(folder);
    return Error{ErrorCode::not_found, folder + ": " + (problem.empty() ? "" : problem + "; ") +
                                           "expected the folder with " + expected + ", or the one above it"};
  }
  if (!is_plain_name(roots.front())) {
    return invalid(quote(roots.front()) + ": the path must be UTF-8 without control characters: rename it");
  }
  return roots.front();
}

std::vector<std::string> text_files(const std::string& root, const std::string& folder, Findings& findings) {
  std::vector<std::string> names;
  each_entry(root, folder, findings, [&](const fs::path& path) {
    std::string name = text_name(path, folder, findings);
    if (!name.empty()) names.push_back(std::move(name));
  });
  return names;
}

TextPaths text_files_below(const std::string& root, const std::string& folder, Findings& findings) {
  TextPaths found;
  each_entry(root, folder, findings, [&](const fs::path& path) {
    const std::string file = folder + "/" + path.filename().string();
    if (is_folder(path.string())) {
      if (fs::is_symlink(path)) return;  // it may lead round
      for (auto& [name, below] : text_files_below(root, file, findings)) add_text(found, name, below, findings);
    } else if (const std::string name = text_name(path, folder, findings); !name.empty()) {
      add_text(found, name, file, findings);
    }
  });
  return found;
}

std::optional<std::string> read_text(const std::string& root, const std::string& file, Findings& findings) {
  const std::string path = root + "/" + file;
  Result<std::string> text = read_file(path, kMaxTextBytes);
  if (text) return std::move(*text);
  const std::string problem = is_file(path) ? text.error().message : why_no_file(path);
  findings.push_back({FindingKind::missing, file, 0, problem, "its turns are skipped"});
  return std::nullopt;
}

}  // namespace mer::data
