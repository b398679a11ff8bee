// A sweep's configurations as points of its hyperparameters: their scores, and how much of the scores' variance each
// key explains.
//
// Threads: as the reader's. Errors: the reader's. docs/http.md lists the fields.
#pragma once

#include <string>

#include "core/result.hpp"
#include "storage/result_store.hpp"
#include "web/analysis_api.hpp"

namespace mer::web {

Result<std::string> hyperparameters_json(storage::ResultReader& reader, const storage::SweepDetail& sweep,
                                         EpochChoice epoch);

}  // namespace mer::web
