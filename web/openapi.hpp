// The API's OpenAPI 3.1 document: paths and parameters from the table of routes, schemas from web/openapi_schemas.json.
//
// Threads: pure functions. Errors: none.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "web/routes.hpp"

namespace mer::web {

std::string openapi_json(const std::vector<Route>& routes);

// web/openapi_schemas.json, embedded at build time.
std::string_view openapi_schemas();

}  // namespace mer::web
