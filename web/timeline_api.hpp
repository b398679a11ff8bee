// A sweep's attempts in time: which worker had which trial when, how it ended, and what waits.
//
// Threads: as the reader's. Errors: the reader's. docs/http.md lists the fields.
#pragma once

#include <string>

#include "core/result.hpp"
#include "storage/result_store.hpp"
#include "web/page.hpp"

namespace mer::web {

Result<std::string> timeline_json(storage::ResultReader& reader, const storage::SweepDetail& sweep, const Page& page);

}  // namespace mer::web
