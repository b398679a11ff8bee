// What a MemoryStore holds; private to memory_store.cpp and memory_results.cpp.
//
// Threads: guarded by `mutex`.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "storage/memory_store.hpp"
#include "storage/transition.hpp"

namespace mer::storage {

struct MemoryStore::Content {
  struct Trial {
    TrialSpec spec;
    TrialFacts facts;
    int epoch = 0;
    std::string message;
    std::string group;  // of the current attempt
    std::vector<AttemptRow> attempts;
    std::vector<std::string> groups;                                  // of `attempts`
    std::vector<CheckpointRecord> checkpoints;                        // newest first, at most two
    std::map<std::pair<Split, int>, std::map<int, EpochRow>> epochs;  // (split, epoch) -> attempt -> row
    std::map<int, std::map<int, EpochTiming>> timings;                // epoch -> attempt -> row
    std::optional<TrialResult> result;
  };

  struct Sweep {
    Submission submission;
    SweepActivity activity = SweepActivity::active;
    int priority = 0;
    std::set<TrialId> reused;
    std::int64_t annotated = 0;
    Annotation annotation = {};
  };

  Sweep* find(SweepId id) {
    const auto position = static_cast<std::size_t>(id.number - 1);
    return id.number >= 1 && position < sweeps.size() ? &sweeps[position] : nullptr;
  }
  const Submission* find_submission(SweepId id) {
    const Sweep* const sweep = find(id);
    return sweep == nullptr ? nullptr : &sweep->submission;
  }

  std::mutex mutex;
  std::int64_t lease = 0;
  std::int64_t changes = 0;
  std::deque<Sweep> sweeps;  // sweep n at n - 1
  std::map<TrialId, Trial> trials;
  std::map<TrialId, Annotation> annotations;  // of trials, by their id without the number of a superseded one
  std::map<std::pair<FoldId, CorpusId>, TestPart> test_parts;
};

}  // namespace mer::storage
