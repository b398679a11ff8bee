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
  set(CMAKE_CXX_COMPILER_LAUNCHER "${MER_CCACHE}")
endif()

# Debug keeps line tables only: full debug information doubles the compile time of LibTorch units.
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Werror -fno-omit-frame-pointer)
# GCC 12 reports moved-from std::variant members as maybe uninitialised (GCC bug 105562 and kin); sanitizers and clang-tidy
# look for real ones.
add_compile_options(-Wno-maybe-uninitialized)
