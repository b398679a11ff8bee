// The routes of the HTTP API, as a table: what requests are routed by, and what the API's document is made of.
//
// Threads: constants; a route's `answer` as its reader. Errors: those of the calls behind it (web/api.hpp).
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"
#include "storage/result_store.hpp"
#include "web/query.hpp"
#include "web/server_controls.hpp"

namespace mer::web {

// A parameter of the query.
struct Parameter {
  enum class Type { text, word, whole_number, integer, positions };
  std::string name;
  Type type = Type::text;
  std::string meaning;
  std::string words = {};     // that it may be, separated by ", "
  std::string fallback = {};  // what holds when it is not given
  bool required = false;
};

// Who can answer: anyone; with a reader; the server's ChangeFeed, by a stream; whoever, as a coordinator tells or as
// there is none; or with a reader and this part of ServerControls.
enum class Needs { nothing, reader, feed, coordinator, control, submit, explain, submission, log, representations };

// Its answer changes only with what the reader reads.
constexpr bool follows_reader(Needs needs) {
  return needs == Needs::reader || needs == Needs::representations;
}

struct Call {
  storage::ResultReader* reader;    // nullptr where the route needs nothing
  const ServerControls& controls;   // what the route needs of it is set
  std::vector<std::string> values;  // of the path's placeholders, in order
  const Query& query;
};

struct Route {
  std::string method;  // GET (HEAD too) or POST
  std::string path;    // with {placeholders}
  std::string schema;  // of the answer, in web/openapi_schemas.json
  Needs needs = Needs::reader;
  Result<std::string> (*answer)(const Call&) = nullptr;  // nullptr where it is a stream
  std::vector<Parameter> parameters = {};
  std::string summary = {};
  std::string content_type = "application/json";
  bool any_query = false;  // the parameters are those of the call that the path names
};

const std::vector<Route>& routes();

}  // namespace mer::web
