// Finds a request's route. Threads: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "web/query.hpp"
#include "web/routes.hpp"
#include "web/server_controls.hpp"

namespace mer::web {

struct Routed {
  const Route* route = nullptr;     // nullptr: none with this method
  std::vector<std::string> values;  // of its placeholders
  std::string allowed;              // methods that the path has, as Allow lists them; empty: there is no such path
};

// Among the routes that `controls` can serve.
Routed find_route(const std::vector<Route>& routes, const ServerControls& controls, bool post, std::string_view path);

// Error invalid: the query has a parameter that the route does not know, and which those are; or lacks one.
Status check_query(const Route& route, const Query& query);

}  // namespace mer::web
