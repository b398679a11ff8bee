// Builders: small submissions, reports and results for the tests of storage.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/messages.hpp"
#include "storage/result_store.hpp"

namespace mer::storage::test {

// 32 hex digits that begin with `kind` and hold a, b and c.
std::string hex_of(char kind, int a, int b = 0, std::uint64_t c = 0);

struct Shape {
  std::string name = "study";
  int configurations = 2;
  int folds = 3;
  std::vector<std::uint64_t> seeds = {0};
  SelectSettings select = {};
};
// Configuration c, fold f and seed s are trial hex_of('a', c, f, s), in the order configuration, seed, fold.
Submission submission_of(const Shape& shape);

TrialId trial_of(int configuration, int fold, std::uint64_t seed = 0);

// right utterances of class 0 and of class 1 are classified right, wrong ones of each wrong.
ConfusionMatrix confusion_of(int right, int wrong);

EpochRow row_of(Split split, int epoch, double total = 1.5);
EpochDone epoch_of(int epoch, double total = 1.5);
Selected selected_of(SelectionRule rule, Metric metric, int epoch, int right, int wrong);
// One score for all rules: `right` of 10 utterances of each class.
AttemptFinished finished_of(int right);

Claim claim(const TrialId& trial, int attempt, int worker = 1);
Recorded recorded(const TrialId& trial, int attempt, AttemptEvent event);
CheckpointSaved checkpoint_of(const TrialId& trial, int attempt, int epoch);

// A new empty folder that is removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace mer::storage::test
