# Writes the source of web/static_files.hpp.
# cmake -DOUTPUT=static_files.cpp -DSTATIC=web/static -DFILES=index.html,app.js,... -DD3=d3.min.js -P embed.cmake
string(REPLACE "," ";" FILES "${FILES}")
set(types
  "html=text/html\; charset=utf-8" "css=text/css\; charset=utf-8" "js=text/javascript\; charset=utf-8"
  "svg=image/svg+xml")

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
  file(READ "${file}" content)
  # In pieces, as compilers limit the length of one literal.
  set(literal "")
  string(LENGTH "${content}" length)
  set(at 0)
  while(at LESS length)
    string(SUBSTRING "${content}" ${at} 8000 piece)
    string(APPEND literal "R\"embedded(${piece})embedded\"\n")
    math(EXPR at "${at} + 8000")
  endwhile()
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
file(WRITE "${OUTPUT}"
"// Made by web/embed.cmake.
#include \"web/static_files.hpp\"

namespace mer::web {
namespace {
constexpr StaticFile kFiles[] = {
${entries}};
}  // namespace

std::span<const StaticFile> static_files() { return kFiles; }

}  // namespace mer::web
")
