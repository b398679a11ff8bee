// Finding one's way in a raw corpus on disk.
//
// Threads: pure functions apart from the file system. Errors: of find_root: not_found, saying what was expected.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "data/import/findings.hpp"
#include "data/natural_order.hpp"

namespace mer::data {

// The absolute path of `folder`, or of the one folder in it, that looks like the root of a corpus. The error is of what
// was `expected`: "IEMOCAP's Session1 to Session5".
Result<std::string> find_root(const std::string& folder, const std::function<bool(const std::string&)>& looks_right,
                              const std::string& expected);

// Names of the .txt files of root/folder in natural order, without the extension. Files that macOS leaves behind become
// findings; a folder that is not there too.
std::vector<std::string> text_files(const std::string& root, const std::string& folder, Findings& findings);

// The same of root/folder and the folders below it: the file of each name, relative to the root. Links to folders are
// passed over; a name that stands twice becomes a finding.
using TextPaths = std::map<std::string, std::string, NaturalLess>;
TextPaths text_files_below(const std::string& root, const std::string& folder, Findings& findings);

// The bytes of root/file; a file that cannot be read becomes a finding.
std::optional<std::string> read_text(const std::string& root, const std::string& file, Findings& findings);

bool is_folder(const std::string& path);
bool is_file(const std::string& path);

// "there is no such file", "Permission denied" and the like, where is_file(path) does not hold.
std::string why_no_file(const std::string& path);
// Of a folder that is not there or cannot be read; empty: it can.
std::string why_no_folder(const std::string& path);

}  // namespace mer::data
