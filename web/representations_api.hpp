// A trial's representations as points of a picture, as JSON.
//
// Threads: as the reader's. Errors: the reader's, and invalid. What has not been kept is no error: `why_not` says so.
// docs/http.md lists the fields.
#pragma once

#include <string>

#include "core/result.hpp"
#include "web/projection.hpp"

namespace mer::web {

// why_not: why there is nothing in it; empty: there is.
std::string projection_json(const Projection& projection, const std::string& why_not = "");

Result<std::string> representations_json(storage::ResultReader& reader, const RepresentationsOf& source,
                                         const TrialId& trial, const ProjectionOptions& options);

}  // namespace mer::web
