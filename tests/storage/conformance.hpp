// Conformance: one suite that every store passes. StoreUnderTest makes a fresh store of each kind.
#pragma once

#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

#include "storage/result_store.hpp"
#include "tests/storage/builders.hpp"

namespace mer::storage::test {

class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  virtual ResultWriter& writer() = 0;
  virtual ResultReader& reader() = 0;
  // Another writer of the same content, as a second coordinator would have it.
  virtual std::unique_ptr<ResultWriter> second_writer() = 0;
};

// "Memory", "Sqlite", "SqliteShared" (one connection for writing and reading, as on a network file system).
std::unique_ptr<StoreUnderTest> make_store(const std::string& kind);

class StoreConformance : public testing::TestWithParam<std::string> {
 protected:
  StoreConformance() : store_(make_store(GetParam())), writer_(store_->writer()), reader_(store_->reader()) {}

  SweepId submit(const Shape& shape = {}) {
    const Result<SweepId> id = writer_.submit(submission_of(shape));
    EXPECT_TRUE(id.ok()) << (id ? "" : id.error().message);
    return id ? *id : SweepId();
  }
  // Positions of the refused writes.
  std::vector<std::size_t> commit(const std::vector<StoreWrite>& writes) {
    const Result<CommitOutcome> outcome = writer_.commit(writes);
    EXPECT_TRUE(outcome.ok()) << (outcome ? "" : outcome.error().message);
    return outcome ? outcome->stale : std::vector<std::size_t>();
  }
  // Claims and finishes a trial with `right` of 10 utterances of each class classified right.
  void finish(const TrialId& trial, int right) {
    EXPECT_TRUE(commit({claim(trial, 1), recorded(trial, 1, finished_of(right))}).empty());
  }
  TrialDetail detail(const TrialId& trial) {
    Result<TrialDetail> found = reader_.trial(trial);
    EXPECT_TRUE(found.ok()) << (found ? "" : found.error().message);
    return found ? *found : TrialDetail();
  }

  std::unique_ptr<StoreUnderTest> store_;
  ResultWriter& writer_;
  ResultReader& reader_;
};

}  // namespace mer::storage::test
