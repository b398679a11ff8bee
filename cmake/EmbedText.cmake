# Writes a C++ source with a function that returns a file's text.
# cmake -DOUTPUT=x.cpp -DHEADER=cli/x.hpp -DNAMESPACE=mer::cli -DFILES=function=file,... -P EmbedText.cmake
string(REPLACE "," ";" FILES "${FILES}")
set(functions "")
foreach(entry IN LISTS FILES)
  string(REGEX MATCH "^([a-z_]+)=(.*)$" matched "${entry}")
  file(READ "${CMAKE_MATCH_2}" text)
  string(APPEND functions "std::string_view ${CMAKE_MATCH_1}() {\n  return R\"embedded(${text})embedded\";\n}\n\n")
endforeach()
file(WRITE "${OUTPUT}" "// Made by cmake/EmbedText.cmake.\n#include \"${HEADER}\"\n\nnamespace ${NAMESPACE} {\n\n${functions}}\n")
