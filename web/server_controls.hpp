// ServerControls: what the HTTP server asks of others than its reader: of a coordinator, and of the store's files.
//
// Threads: each call comes from one of the server's threads. Errors: in the answers.
#pragma once

#include <functional>
#include <string>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "storage/reader_call.hpp"
#include "storage/result_store.hpp"
#include "web/projection.hpp"

namespace mer::web {

// Answers are JSON. One that is not set is not served.
struct ServerControls {
  std::function<Result<std::string>(const storage::Control&)> control;
  std::function<Result<std::string>(const std::string& file)> submit;  // a file of submissions/
  std::function<Result<std::string>(const TrialId&)> explain;
  storage::SubmissionOf submission;  // what a file of submissions/ holds
  RepresentationsOf representations;
};

}  // namespace mer::web
