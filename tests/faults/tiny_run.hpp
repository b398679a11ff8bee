// TinyRun: everything of a run that writes to a store, in one process: `merctl run` up to its launch, the coordinator
// until every trial has ended, `merctl run --retry-failed`, and the coordinator again. The worker is a script that
// trains nothing. What somebody outside of the coordinator can know goes into a journal, line by line, before the
// coordinator goes on.
//
// Of three trials one ends well at once; one crashes after the first epoch of its first attempt and ends well in the
// next; one fails whatever its attempt, and ends well after --retry-failed.
// Threads: one; the time is counted, not waited for. Errors: on standard error, as the programs print them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/prepare.hpp"

namespace mer::faults {

constexpr int kEpochs = 2;

class TinyRun {
 public:
  TinyRun();

  // What the programs would exit with. Journal lines:
  //   submitted SWEEP          merctl knows its sweep's number
  //   retried SWEEP            the same, and its failed trials are pending again
  //   assign TRIAL ATTEMPT     left for a worker
  //   {"type": ...}            standard output of the coordinator
  //   ended CODE               of a coordinator
  int operator()(const std::filesystem::path& store, const std::filesystem::path& journal);

 private:
  cli::Prepared prepared_;
};

}  // namespace mer::faults
