#include "cli/store_watch.hpp"

#include <gtest/gtest.h>
#include <optional>
#include <vector>

#include "storage/sqlite_store.hpp"
#include "storage/store_dir.hpp"
#include "tests/storage/builders.hpp"
#include "tests/support/temp_dir.hpp"

namespace mer::cli {
namespace {

using storage::StoreWrite;
using storage::test::claim;
using storage::test::submission_of;
using storage::test::trial_of;

class StoreWatchTest : public testing::Test {
 protected:
  StoreWatchTest()
      : store_(*storage::StoreDir::create(folder_.path())), lock_(*storage::StoreLock::acquire(store_, 0)) {
    context_.store = folder_.path();
  }

  void submit() {
    writer_ = *storage::SqliteStore::open(store_);
    ASSERT_TRUE(writer_->submit(submission_of({})).ok());
    ASSERT_TRUE(writer_->begin_session("host", 1, 0).ok());
  }
  bool look(StoreWatch& watch) {
    const auto seen = watch.look([](storage::ResultReader&) -> Status { return {}; });
    EXPECT_TRUE(seen.ok());
    return seen && *seen;
  }

  testing_support::TempDir folder_;
  storage::StoreDir store_;
  std::optional<storage::StoreLock> lock_;
  std::unique_ptr<storage::SqliteStore> writer_;
  Context context_;
};

TEST_F(StoreWatchTest, ReadsAgainOnlyWhenSomethingWasWritten) {
  submit();
  StoreWatch watch(context_);
  EXPECT_TRUE(look(watch));
  EXPECT_FALSE(look(watch));

  const std::vector<StoreWrite> writes = {claim(trial_of(0, 0), 1)};
  ASSERT_TRUE(writer_->commit(writes).ok());

  EXPECT_TRUE(look(watch));
  EXPECT_FALSE(look(watch));
}

TEST_F(StoreWatchTest, ReadsAgainWhatCouldNotBeRead) {
  submit();
  StoreWatch watch(context_);
  EXPECT_FALSE(watch.look([](storage::ResultReader&) -> Status { return invalid("no"); }).ok());

  EXPECT_TRUE(look(watch));
}

TEST_F(StoreWatchTest, AStoreThatNobodyHoldsIsUnattended) {
  submit();
  StoreWatch watch(context_);
  look(watch);
  EXPECT_EQ(watch.unattended().count(), 0);

  lock_.reset();
  look(watch);
  EXPECT_GT(watch.unattended().count(), 0);
  EXPECT_FALSE(watch.abandoned());

  lock_.emplace(*storage::StoreLock::acquire(store_, 0));
  look(watch);
  EXPECT_EQ(watch.unattended().count(), 0);
}

TEST_F(StoreWatchTest, AFolderWithoutAStoreIsAnError) {
  StoreWatch watch(context_);

  const auto seen = watch.look([](storage::ResultReader&) -> Status { return {}; });

  ASSERT_FALSE(seen.ok());
  EXPECT_EQ(seen.error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace mer::cli
