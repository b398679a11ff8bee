// What code this is: recorded with every sweep and attempt. Defined by a file made at build time (cmake/Version.cmake).
//
// Threads: constants.
#pragma once

#include <string>

namespace mer {

extern const char* const kVersion;    // "0.1.0"
extern const char* const kGitCommit;  // 12 digits, "-dirty" when the tree differs from it; "unknown" outside git
extern const char* const kCompiler;   // "GNU 12.2.0"
extern const char* const kBuildType;  // "Release"

// "0.1.0+3fa9c1d2b4e5".
inline std::string code_version() {
  return std::string(kVersion) + "+" + kGitCommit;
}

}  // namespace mer
