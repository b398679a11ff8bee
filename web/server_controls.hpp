// ServerControls: what the HTTP server asks of others than its reader: of a coordinator, and of the store's files.
//
// Threads: each call comes from one of the server's threads. Errors: in the answers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "storage/reader_call.hpp"
#include "storage/result_store.hpp"
#include "web/projection.hpp"

namespace mer::web {

constexpr std::size_t kLogPart = std::size_t{256} << 10;  // bytes of a log in one answer

// One that is not set is not served.
struct ServerControls {
  // Of a coordinator; the answers are JSON.
  std::function<Result<std::string>(const storage::Control&)> control;
  std::function<Result<std::string>(const std::string& file)> submit;  // a file of submissions/
  std::function<Result<std::string>(const TrialId&)> explain;
  std::function<Result<std::string>()> workers;  // what it knows of its workers
  storage::SubmissionOf submission;              // what a file of submissions/ holds

  // Of whoever has the store's folder: a part of what an attempt's trainer printed (0: the newest attempt), from byte
  // `offset` on. No error of it names a path.
  std::function<Result<std::string>(const storage::TrialDetail&, int attempt, std::int64_t offset)> log;
  RepresentationsOf representations;
};

}  // namespace mer::web
