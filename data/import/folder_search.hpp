// Finding one's way in a raw corpus on disk.
//
// Threads: pure functions apart from the file system. Errors: of find_root: not_found, saying what was expected.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "data/import/findings.hpp"

namespace mer::data {

// The absolute path of `folder`, or of the one folder in it, that looks like the root of a corpus. `expected` ends the
// error: "IEMOCAP's Session1 to Session5".
Result<std::string> find_root(const std::string& folder, const std::function<bool(const std::string&)>& looks_right,
                              const std::string& expected);

// Names of the .txt files of root/folder in natural order, without the extension. Files that macOS leaves behind become
// findings; a folder that is not there too.
std::vector<std::string> text_files(const std::string& root, const std::string& folder, Findings& findings);

// The bytes of root/file; a file that cannot be read becomes a finding.
std::optional<std::string> read_text(const std::string& root, const std::string& file, Findings& findings);

bool is_folder(const std::string& path);
bool is_file(const std::string& path);

}  // namespace mer::data
