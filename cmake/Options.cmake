# Compiler settings that hold for every target.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

find_program(MER_CCACHE ccache)
if(MER_CCACHE)
  # Clones share one cache: paths are hashed relative to the clone. GCC's precompiled headers need the sloppiness and
  # the flag (ccache's manual, "Precompiled headers").
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}" CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime "${MER_CCACHE}")
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)
  endif()
endif()

# Debug keeps line tables only: full debug information doubles the compile time of LibTorch units.
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
if(MER_COVERAGE)  # optimised branches are not those of the source
  set(CMAKE_CXX_FLAGS_DEBUG "-O0")
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wpedantic;-Wshadow;-Wnon-virtual-dtor;-fno-omit-frame-pointer>")
if(MER_WERROR)  # not for users: their compiler may know warnings that ours does not
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Werror>)
endif()
# GCC 12 reports moved-from std::variant members as maybe uninitialised (GCC bug 105562 and kin) and appended strings as
# out of bounds (105651); sanitizers and clang-tidy look for real ones.
add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:-Wno-maybe-uninitialized;-Wno-array-bounds>")
