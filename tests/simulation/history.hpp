// History: all that happened to the trials of a simulated world, as the store acknowledged it, and the checker over it.
//
// It keeps a book of its own, written from the commits that the store accepted, and compares: each event with what may
// follow (an attempt's number is new, a trial is leased once, counted once, charged rightly, given out in order), and
// the book with the store whenever a session begins and at the end (nothing that was acknowledged is lost).
// Threads: one. Errors: the first breach is kept as a sentence.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/exit_code.hpp"
#include "orchestrator/events.hpp"
#include "storage/result_store.hpp"
#include "tests/simulation/plan.hpp"
#include "tests/simulation/trace.hpp"

namespace mer::simulation {

using orchestrator::TimePoint;

// What an epoch's rows of an attempt say, so that the store's rows tell whose they are.
double loss_of(int attempt, int epoch);
// The same of a result.
std::string weights_of(int attempt);

class History {
 public:
  History(const Plan& plan, Trace& trace);

  // --- the store ---
  int begin_session();  // succeeded; its number
  void commit(int session, std::span<const storage::StoreWrite> writes, const storage::CommitOutcome& outcome);
  void compare(const std::vector<storage::TrialProgress>& stored);
  // Every trial has ended, with all that belongs to it.
  void compare_end(storage::ResultReader& reader, SweepId sweep);

  // --- the coordinator of a session ---
  void begin_step(int session, TimePoint now);
  void heard(int session, int from, const Message& message);
  void sends(int to, const Message& message);
  void paused(int session);
  void end_step(int session, bool goes_on);
  void left(int session, ExitCode code);

  // --- trainers ---
  // One begins with this attempt.
  void trains(const TrialJob& trial);
  // A member of gang `number` of that worker begins.
  void joins_gang(const std::string& worker, std::int64_t number);

  bool over() const;  // every trial has ended
  const TrialNames& names() const { return names_; }
  const std::optional<std::string>& breach() const { return breach_; }

 private:
  struct Trial {
    TrialId id;
    int epochs = 0;
    TrialState state = TrialState::pending;
    int attempt = 0, worker = 0;
    int crashes = 0;                            // charged
    TimePoint ready_at{};                       // after a back-off
    int finished_by = 0;                        // attempt
    std::vector<int> epoch_rows;                // by epoch - 1: the attempt of the newest row
    std::vector<CheckpointRecord> checkpoints;  // newest first
    std::set<std::string> files;                // of all checkpoints
  };
  struct Given {
    int position = 0, worker = 0;
    bool was_empty = false;  // the worker, before it got its first trial of this step
  };
  struct Session {
    TimePoint now{};
    bool pausing = false;
    int events = 0;  // of the step: messages that are no beats
    std::vector<Given> given;
    std::set<int> here;        // ranks
    int waiting = -1;          // the first trial that waited for a place when the last step ended
    std::set<int> overtaking;  // workers that took later ones since
  };

  void apply(Session& session, const storage::Claim& claim);
  void apply(Session& session, const storage::Recorded& recorded);
  void end_attempt(Session& session, Trial& trial, const storage::Recorded& recorded);
  void fail_attempt(Session& session, Trial& trial, const storage::Recorded& recorded);
  void save(Trial& trial, const CheckpointRecord& checkpoint);
  void check_order(Session& session);
  void check_starvation(Session& session);
  int first_ready(const Session& session) const;  // position; -1: none
  int held(int worker) const;
  std::set<int> joined(const Session& session) const;  // leaders
  void compare_results(storage::ResultReader& reader, const Trial& trial);
  Trial* find(const TrialId& id);
  std::string name(const Trial& trial) const { return names_.at(trial.id); }
  void expect(bool holds, const std::string& sentence);

  const Plan& plan_;
  Trace& trace_;
  TrialNames names_;
  std::unordered_map<TrialId, int> positions_;
  std::vector<Trial> trials_;
  std::map<int, Session> sessions_;
  int session_ = 0;                             // the newest
  std::map<std::pair<int, int>, int> claimed_;  // (position, attempt) -> worker
  std::set<std::pair<int, int>> trained_;
  std::map<std::string, std::int64_t> gangs_;  // worker -> number of its newest
  std::optional<std::string> breach_;
};

}  // namespace mer::simulation
