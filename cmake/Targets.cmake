# How this project makes libraries, programs and tests.

# Sanitizers: MER_SANITIZE for ASan and UBSan, MER_TSAN for TSan. LibTorch targets are not instrumented (40 s a unit),
# but link the runtime, since the libraries they use are.
if(MER_SANITIZE)
  set(_mer_sanitizers -fsanitize=address,undefined)
elseif(MER_TSAN)
  set(_mer_sanitizers -fsanitize=thread)
endif()

function(_mer_common target uses_torch)
  target_include_directories(${target} PRIVATE "${CMAKE_SOURCE_DIR}")
  if(uses_torch)
    # No debug information: it doubles the compile time of a unit that includes torch.
    target_compile_options(${target} PRIVATE $<$<CONFIG:Debug>:-g0>)
  elseif(_mer_sanitizers)
    target_compile_options(${target} PRIVATE ${_mer_sanitizers} -fno-sanitize-recover=all)
  endif()
  target_link_options(${target} PUBLIC ${_mer_sanitizers})
endfunction()

# Precompiled headers of the units without LibTorch, each built once: for sources and for tests. Test code is not
# optimised in Debug: that halves its compile time, and what it tests is optimised all the same.
set(_mer_test_options $<$<CONFIG:Debug>:-O0>)
function(_mer_precompiled_header target header)
  file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/${target}.cpp" CONTENT "")
  add_library(${target} OBJECT "${CMAKE_BINARY_DIR}/${target}.cpp")
  target_link_libraries(${target} PUBLIC ${ARGN})
  _mer_common(${target} FALSE)
  target_precompile_headers(${target} PRIVATE "${CMAKE_SOURCE_DIR}/${header}")
endfunction()
_mer_precompiled_header(mer_pch core/pch.hpp nlohmann_json::nlohmann_json)
if(MER_TESTS)
  _mer_precompiled_header(mer_test_pch tests/support/pch.hpp nlohmann_json::nlohmann_json GTest::gtest GTest::gmock)
  target_compile_options(mer_test_pch PRIVATE ${_mer_test_options})
endif()

# mer_library(mer_core SOURCES a.cpp ... LINK lib ... [TORCH]): a static library of one folder.
function(mer_library target)
  cmake_parse_arguments(ARG "TORCH" "" "SOURCES;LINK" ${ARGN})
  add_library(${target} STATIC ${ARG_SOURCES})
  target_link_libraries(${target} PUBLIC ${ARG_LINK})
  _mer_common(${target} "${ARG_TORCH}")
  if(NOT ARG_TORCH)
    target_precompile_headers(${target} REUSE_FROM mer_pch)
  endif()
endfunction()

# mer_program(mer-worker SOURCES ... LINK ... [TORCH]): a binary in build/<preset>/bin.
function(mer_program target)
  cmake_parse_arguments(ARG "TORCH" "" "SOURCES;LINK" ${ARGN})
  add_executable(${target} ${ARG_SOURCES})
  target_link_libraries(${target} PRIVATE ${ARG_LINK})
  _mer_common(${target} "${ARG_TORCH}")
  # A main wires parts that are instrumented. What it costs is CLI11's and spdlog's templates: 60 s with sanitizers, 20
  # without.
  if(_mer_sanitizers AND NOT ARG_TORCH)
    set_source_files_properties(main.cpp PROPERTIES COMPILE_OPTIONS -fno-sanitize=all)
  endif()
endfunction()

# What programs of tests and their parts are compiled with. mer_torch_pch: model/CMakeLists.txt.
function(_mer_test_common target uses_torch)
  target_compile_definitions(${target} PRIVATE MER_SOURCE_DIR="${CMAKE_SOURCE_DIR}" MER_BINARY_DIR="${CMAKE_BINARY_DIR}")
  _mer_common(${target} "${uses_torch}")
  if(uses_torch)
    target_precompile_headers(${target} REUSE_FROM mer_torch_pch)
  else()
    target_compile_options(${target} PRIVATE ${_mer_test_options})
    target_precompile_headers(${target} REUSE_FROM mer_test_pch)
  endif()
endfunction()

# mer_test_parts(store_conformance SOURCES ... LINK ... [TORCH]): what several programs of tests share, compiled once;
# they name it in LINK.
function(mer_test_parts target)
  cmake_parse_arguments(ARG "TORCH" "" "SOURCES;LINK" ${ARGN})
  add_library(${target} OBJECT ${ARG_SOURCES})
  target_link_libraries(${target} PUBLIC ${ARG_LINK} GTest::gtest GTest::gmock)
  _mer_test_common(${target} "${ARG_TORCH}")
endfunction()

# mer_test(core_test SOURCES ... LINK ... LABELS unit [PREFIX gpu.] [TORCH]): a GoogleTest program; one ctest entry for
# each test. PREFIX: of their names, where another program of the folder has the same tests: ctest gives entries of one
# name the same labels.
function(mer_test target)
  cmake_parse_arguments(ARG "TORCH" "PREFIX" "SOURCES;LINK;LABELS" ${ARGN})
  add_executable(${target} ${ARG_SOURCES})
  target_link_libraries(${target} PRIVATE ${ARG_LINK} GTest::gtest GTest::gmock GTest::gtest_main)
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
  _mer_test_common(${target} "${ARG_TORCH}")
  gtest_discover_tests(${target} DISCOVERY_MODE PRE_TEST TEST_PREFIX "${ARG_PREFIX}" PROPERTIES LABELS "${ARG_LABELS}")
endfunction()
