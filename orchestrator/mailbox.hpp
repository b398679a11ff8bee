// Mailbox: what other threads ask of the coordinator's thread, which answers between two rounds.
//
// Threads: ask() from any, serve() and close() from the coordinator's. Errors: those of the answer; unavailable: the
// mailbox is closed, or no answer came in time (the request may be carried out yet: asking again does no harm).
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <string>
#include <utility>
#include <variant>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "storage/result_store.hpp"

namespace mer::orchestrator {

// Why a trial waits, runs or has ended, as the scheduler sees it.
struct ExplainTrial {
  TrialId trial;
};
// The workers that the coordinator has, and what each does.
struct ListWorkers {};
using Request = std::variant<storage::Control, storage::Submission, ExplainTrial, ListWorkers>;

class Mailbox {
 public:
  using Answer = Result<std::string>;  // JSON

  Answer ask(Request request, std::chrono::milliseconds limit);

  // Answers what has come.
  void serve(const std::function<Answer(const Request&)>& answer);

  // Nothing more is taken; what waits is refused.
  void close();

 private:
  struct Letter {
    Request request;
    std::promise<Answer> answer;
  };

  std::mutex mutex_;
  std::deque<Letter> letters_;
  bool closed_ = false;
};

}  // namespace mer::orchestrator
