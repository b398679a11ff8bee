# Run by cmake -P at every build: writes OUTPUT with version, git commit and compiler; untouched when nothing changed.
set(commit "unknown")
find_program(GIT git)
if(GIT)
  execute_process(COMMAND "${GIT}" -C "${SOURCE_DIR}" describe --always --dirty --abbrev=12 --exclude=*
                  OUTPUT_VARIABLE described OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE status)
  if(status EQUAL 0)
    set(commit "${described}")
  endif()
endif()
file(CONFIGURE OUTPUT "${OUTPUT}" CONTENT [[
// Made by cmake/Version.cmake.
#include "core/version.hpp"

namespace mer {
const char* const kVersion = "@VERSION@";
const char* const kGitCommit = "@commit@";
const char* const kCompiler = "@COMPILER@";
const char* const kBuildType = "@BUILD_TYPE@";
}  // namespace mer
]] @ONLY)
