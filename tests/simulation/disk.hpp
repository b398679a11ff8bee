// The store of a simulated world: the real one in memory or on a tmpfs, behind a disk that may be full, break, be slow,
// or lose its process in the middle of a commit.
//
// Threads: one.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "storage/memory_store.hpp"
#include "storage/sqlite_store.hpp"
#include "tests/simulation/history.hpp"
#include "tests/storage/builders.hpp"

namespace mer::simulation {

class StoreBox {
 public:
  explicit StoreBox(bool sqlite);

  // As a new process opens it.
  std::unique_ptr<storage::ResultWriter> open();
  std::unique_ptr<storage::ResultReader> reader();
  // Behind everybody's back. REQUIRES: SQLite.
  void overwrite_superseded_results();

 private:
  struct Folder {
    Folder();
    ~Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    std::string path;
  };
  std::optional<Folder> folder_;
  std::optional<storage::StoreDir> dir_;
  storage::MemoryStore memory_;
};

// Thrown where a process is killed in the middle of a call.
struct Killed {};

enum class DiskFault { none, fails_before, fails_after, killed_before, killed_after, slow };
const char* name_of(DiskFault fault);

// The disk under all processes.
struct Disk {
  DiskFault next = DiskFault::none;  // of the next commit
  Time slowness{};
  Time full_until{};
};

// How the checker is shown to find something (simulation_test.cpp): what is broken on purpose.
enum class Mutation {
  none,
  counts_twice,          // a result is committed twice
  forgets_results,       // commits that hold a result are acknowledged and not written
  forgets_checkpoints,   // the same of checkpoints
  no_fence,              // a writer whose session is over goes on
  one_attempt_too_many,  // the scheduler's limit is not the sweep's
  last_first,            // trials are given out in reverse
  sends_first,           // an assignment leaves although its claim failed
  swallows_ends,         // a worker keeps the ends of attempts to itself
  runs_twice,            // a worker runs what it was given once more
  forgets_control,       // a pause or another priority is acknowledged and not kept
  hides_cancels,         // the store cancels trials, and the coordinator is not told
  ignores_pauses,        // every sweep is active to the coordinator
  ignores_priority,      // every sweep has the same priority to the coordinator
  favours_the_first,     // of equal sweeps, the coordinator prefers the one that came first
  ignores_fresh,         // a fresh submission takes results that the store has
  overwrites_results,    // results of superseded trials are replaced (with SQLite under it)
  says_stopped,          // a worker says that a trial has stopped, and trains it on
  ignores_limit,         // the coordinator is not told when its job ends
  forgets_held,          // the coordinator is not told what a group that comes back has
  forgets_refunds,       // crashes that an excluded node is to blame for stay charged
  ignores_exclusion,     // the coordinator is not told which nodes people exclude
  confirms_early         // groups are told that what they said is durable before it is
};

// A priority that makes equal sweeps unequal.
int favouring(SweepId sweep, int priority);

// A session's writer; of session 0, while no coordinator runs, a person's.
class SimWriter : public storage::ResultWriter {
 public:
  SimWriter(std::unique_ptr<storage::ResultWriter> store, Disk& disk, const EventQueue& queue, History& history,
            Mutation mutation)
      : store_(std::move(store)), disk_(disk), queue_(queue), history_(history), mutation_(mutation) {}

  std::function<void(Time)> on_slow;  // a commit takes so long

  int session() const { return session_; }
  Result<SweepId> submit(const storage::Submission& submission) override;
  Status begin_session(const std::string& host, std::int64_t pid, double at) override;
  Status beat(double at) override;
  Result<storage::CommitOutcome> commit(std::span<const storage::StoreWrite> writes) override;
  Result<storage::Controlled> control(const storage::Control& control) override;
  Status each_trial(SweepId sweep, const std::function<void(storage::TrialProgress)>& take) override {
    return store_->each_trial(sweep, take);
  }

 private:
  template <class Write>
  auto faulty(const Write& write) -> decltype(write());
  Status check_space() const;
  Result<storage::CommitOutcome> write(std::span<const storage::StoreWrite> writes);
  bool forgets(const storage::StoreWrite& write) const;
  Status distort(const storage::Control& control, storage::Controlled& controlled);

  std::unique_ptr<storage::ResultWriter> store_;
  Disk& disk_;
  const EventQueue& queue_;
  History& history_;
  Mutation mutation_;
  int session_ = 0;
};

}  // namespace mer::simulation
