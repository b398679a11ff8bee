// ServerControls: what the HTTP server asks of a coordinator.
//
// Threads: each call comes from one of the server's threads. Errors: in the answers.
#pragma once

#include <functional>
#include <string>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "storage/reader_call.hpp"
#include "storage/result_store.hpp"

namespace mer::web {

// Answers are JSON. One that is not set is not served.
struct ServerControls {
  std::function<Result<std::string>(const storage::Control&)> control;
  std::function<Result<std::string>(const std::string& file)> submit;  // a file of submissions/
  std::function<Result<std::string>(const TrialId&)> explain;
  std::function<Result<std::string>()> workers;  // what it knows of its workers
  storage::SubmissionOf submission;              // what a file of submissions/ holds
};

}  // namespace mer::web
