// Strong ids: values that cannot be mixed up. Meaning of each word: docs/architecture.md.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>

namespace mer {

// A content hash of what the tag names: 32 lower-case hex digits (the first 16 bytes of a SHA-256).
template <class Tag>
struct HashId {
  std::string hex;

  bool empty() const { return hex.empty(); }
  auto operator<=>(const HashId&) const = default;
};

using TrialId = HashId<struct TrialTag>;  // settings, fold, corpus content, seed
using ConfigurationId =
    HashId<struct ConfigurationTag>;        // every resolved hyperparameter of corpus, folds, model, train
using FoldId = HashId<struct FoldTag>;      // the parts' sorted utterance ids
using CorpusId = HashId<struct CorpusTag>;  // the corpus folder's content

struct SweepId {  // sweeps are numbered from 1 in a store
  std::int64_t number = 0;
  auto operator<=>(const SweepId&) const = default;
};

struct WorkerId {  // the worker's MPI rank, from 1
  int rank = 0;
  auto operator<=>(const WorkerId&) const = default;
};

}  // namespace mer

template <class Tag>
struct std::hash<mer::HashId<Tag>> {
  std::size_t operator()(const mer::HashId<Tag>& id) const { return std::hash<std::string>()(id.hex); }
};
