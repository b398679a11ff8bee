# Fuzz programs (tests/fuzz), where clang++ is and the tests are built with ASan and UBSan: built beside the rest, and run
# for a moment each from the committed seeds.
# Longer: build/debug/fuzz/fuzz_csv -max_total_time=600 FOLDER tests/fuzz/seeds/csv
if(NOT MER_SANITIZE)
  return()
endif()
find_program(MER_CLANGXX NAMES clang++-14 clang++)
if(NOT MER_CLANGXX)
  message(STATUS "Fuzz programs are not built: no clang++")
  return()
endif()
set(fuzz "${CMAKE_BINARY_DIR}/fuzz")
add_custom_target(fuzz_programs ALL
  COMMAND "${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}/fuzz" -B "${fuzz}" -G Ninja --log-level=WARNING
          "-DCMAKE_CXX_COMPILER=${MER_CLANGXX}" "-DCMAKE_CXX_COMPILER_LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER}"
  COMMAND "${CMAKE_COMMAND}" --build "${fuzz}" -- --quiet
  VERBATIM)
foreach(name bert_config csv iemocap_labels iemocap_transcripts msp_evaluation npy safetensors vocab wav)
  # New inputs stay in the build folder.
  set(found "${fuzz}/found/${name}")
  file(MAKE_DIRECTORY "${found}")
  add_test(NAME fuzz.${name}
    COMMAND "${fuzz}/fuzz_${name}" -max_total_time=3 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1
            "-artifact_prefix=${fuzz}/${name}-" "${found}" "${CMAKE_CURRENT_LIST_DIR}/fuzz/seeds/${name}")
  set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz)
endforeach()
