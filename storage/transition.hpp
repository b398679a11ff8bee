// Transitions: what may be submitted, and what a write does to its trial. One pure rule book for every store.
//
// Threads: pure functions.
#pragma once

#include <optional>
#include <string>

#include "core/records.hpp"
#include "core/result.hpp"
#include "core/trial.hpp"
#include "storage/result_store.hpp"

namespace mer::storage {

// Error invalid: a trial names a configuration or fold that the submission lacks, or test parts and folds differ in
// number.
Status check_submission(const Submission& submission);

// How an attempt stands. lost: its process died with the MPI job, or a newer attempt took its place.
enum class Outcome { running, finished, diverged, stopped, failed, lost };
const char* name_of(Outcome outcome);
std::optional<Outcome> outcome_from(const std::string& name);

// A trial and its current (highest) attempt, as stored.
struct TrialFacts {
  TrialState state = TrialState::pending;
  int attempt = 0;  // 0: never claimed; then outcome and worker mean nothing
  int crashes = 0;
  Outcome outcome = Outcome::lost;
  int worker = 0;
};

// apply: carry it out. repeat: it may have been carried out before; when its rows stand in the store it changes
// nothing, else it is stale. stale: refuse it.
enum class Verdict { apply, repeat, stale };

// A claim takes a pending trial, or a running one away from an older attempt.
Verdict judge(const TrialFacts& facts, const Claim& claim);
Verdict judge(const TrialFacts& facts, const Recorded& recorded);

// What the end of an attempt makes of the trial.
struct AttemptEnd {
  Outcome outcome = Outcome::finished;
  TrialState state = TrialState::done;
  int crashes = 0;
  std::string message;  // why it failed or diverged, one line; else empty
};
// nullopt: the event does not end the attempt.
std::optional<AttemptEnd> end_of(const TrialFacts& facts, const Recorded& recorded);

// A trial with a result, or one that was cancelled, has no use for it: stale.
Verdict judge(const TrialFacts& facts, const Refunded& refunded);
// What it makes of the trial.
TrialFacts after(TrialFacts facts, const Refunded& refunded);

// What becomes of a trial that a submission names and the store has.
enum class Reuse { share, reuse, supersede };
Reuse reuse_of(TrialState state, const std::string& code_of_its_end, const Submission& submission);

// The crash that a claim charged, given back; never below 0.
int refunded(int crashes);

}  // namespace mer::storage
