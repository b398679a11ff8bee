# mer_count_branches(mer_storage a.cpp ...): where MER_COVERAGE is on, the branches of these sources of a library are
# counted (tools/coverage.sh).
#
# Exception edges are left out: every call that may throw has one, and each leads into clean-up code with branches of
# its own. A source is compiled without exceptions, so that there are none. Those with JSON in them need exceptions, and
# nlohmann's inline code must be the same in all units that have it: there gcovr leaves out what gcov calls "throw".
function(mer_count_branches target)
  if(NOT MER_COVERAGE)
    return()
  endif()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${ARGN})
  target_link_options(${target} PUBLIC --coverage)
  foreach(source ${ARGN})
    # Atomic: child processes of tests and several threads add to the same counts.
    set(options --coverage -fprofile-update=prefer-atomic)
    file(STRINGS "${source}" json REGEX "core/json\\.hpp")
    if(NOT json)
      list(APPEND options -fno-exceptions)
    endif()
    set_source_files_properties("${source}" PROPERTIES COMPILE_OPTIONS "${options}" SKIP_PRECOMPILE_HEADERS ON)
  endforeach()
endfunction()
