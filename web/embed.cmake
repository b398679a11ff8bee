# Writes the source of web/static_files.hpp, and of openapi_schemas() of web/openapi.hpp.
# cmake -DOUTPUT=static_files.cpp -DSTATIC=web/static -DFILES=index.html,app.js,... -DD3=d3.min.js
#       -DSCHEMAS=web/openapi_schemas.json -P embed.cmake
string(REPLACE "," ";" FILES "${FILES}")
set(types
  "html=text/html\; charset=utf-8" "css=text/css\; charset=utf-8" "js=text/javascript\; charset=utf-8"
  "svg=image/svg+xml")

# Sets `literal` to the file's content as a C++ literal, in pieces, as compilers limit the length of one.
function(literal_of file)
  file(READ "${file}" content)
  set(pieces "")
  string(LENGTH "${content}" length)
  set(at 0)
  while(at LESS length)
    string(SUBSTRING "${content}" ${at} 8000 piece)
    string(APPEND pieces "R\"embedded(${piece})embedded\"\n")
    math(EXPR at "${at} + 8000")
  endwhile()
  set(literal "${pieces}" PARENT_SCOPE)
endfunction()

set(entries "")
function(embed path file)
  get_filename_component(extension "${file}" LAST_EXT)
  string(SUBSTRING "${extension}" 1 -1 extension)
  set(type "")
  foreach(known IN LISTS types)
    if(known MATCHES "^${extension}=(.*)$")
      set(type "${CMAKE_MATCH_1}")
    endif()
  endforeach()
  if(type STREQUAL "")
    message(FATAL_ERROR "${file}: no content type for .${extension}; add it to web/embed.cmake")
  endif()
  file(SHA256 "${file}" hash)
  string(SUBSTRING "${hash}" 0 16 hash)
  literal_of("${file}")
  set(entries "${entries}    {\"${path}\", \"${type}\", \"\\\"${hash}\\\"\",\n${literal}},\n" PARENT_SCOPE)
endfunction()

embed("/d3.min.js" "${D3}")
foreach(name IN LISTS FILES)
  if(name STREQUAL "index.html")
    embed("/" "${STATIC}/${name}")
  else()
    embed("/${name}" "${STATIC}/${name}")
  endif()
endforeach()
literal_of("${SCHEMAS}")
file(WRITE "${OUTPUT}"
"// Made by web/embed.cmake.
#include \"web/openapi.hpp\"
#include \"web/static_files.hpp\"

namespace mer::web {
namespace {
constexpr StaticFile kFiles[] = {
${entries}};
}  // namespace

std::span<const StaticFile> static_files() { return kFiles; }

std::string_view openapi_schemas() {
  return
${literal};
}

}  // namespace mer::web
")
