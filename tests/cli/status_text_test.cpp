#include "cli/status_text.hpp"

#include <gtest/gtest.h>
#include <sstream>
#include <string>
#include <vector>

#include "storage/memory_store.hpp"
#include "tests/storage/builders.hpp"

namespace mer::cli {
namespace {

using storage::StoreWrite;
using storage::test::claim;
using storage::test::finished_of;
using storage::test::recorded;
using storage::test::submission_of;
using storage::test::trial_of;

class StatusTextTest : public testing::Test {
 protected:
  void submit(int folds) {
    ASSERT_TRUE(store_.submit(submission_of({.configurations = 1, .folds = folds})).ok());
    ASSERT_TRUE(store_.begin_session("host", 1, 0).ok());
  }
  void commit(const std::vector<StoreWrite>& writes) { ASSERT_TRUE(store_.commit(writes).ok()); }
  StatusText status(const std::string& sweep, Format format = Format::table) {
    auto text = status_text(store_, {.sweep = sweep}, format);
    EXPECT_TRUE(text.ok());
    return std::move(text).value();
  }

  storage::MemoryStore store_;
};

TEST_F(StatusTextTest, NoSweepsAreAnEmptyTable) {
  EXPECT_TRUE(status("").empty);
  EXPECT_EQ(status("").text, "");
}

TEST_F(StatusTextTest, ASweepShowsTheTrialsThatRun) {
  submit(2);
  commit({claim(trial_of(0, 0), 1)});

  const StatusText shown = status("study");

  EXPECT_FALSE(shown.ended);
  EXPECT_NE(shown.text.find("study"), std::string::npos);
  const std::string id = trial_of(0, 0).hex.substr(0, 8);  // the other trial's begins with the same digits
  EXPECT_NE(shown.text.find(id), std::string::npos) << shown.text;
  EXPECT_EQ(shown.text.find(id), shown.text.rfind(id)) << shown.text;
  EXPECT_EQ(status("study", Format::quiet).text, "0/2\n");
}

TEST_F(StatusTextTest, ASweepHasEndedWithItsLastTrialWhateverBecameOfIt) {
  submit(2);
  commit({claim(trial_of(0, 0), 1), recorded(trial_of(0, 0), 1, finished_of(9)), claim(trial_of(0, 1), 1)});
  EXPECT_FALSE(status("study").ended);

  commit({recorded(trial_of(0, 1), 1, AttemptDiverged{1, 1, "total"})});

  EXPECT_TRUE(status("study").ended);
  EXPECT_TRUE(status("study", Format::json).ended);
  EXPECT_FALSE(status("").ended);
}

TEST_F(StatusTextTest, TagsStandBesideTheSweepWhereThereIsRoomElseBelow) {
  using storage::ControlVerb;
  submit(2);
  EXPECT_EQ(status("").text.find("tags"), std::string::npos);

  ASSERT_TRUE(store_.control({.verb = ControlVerb::tag, .sweep = SweepId{1}, .tags = {"b", "a"}}).ok());
  EXPECT_NE(status("").text.find("a b\n"), std::string::npos) << status("").text;
  EXPECT_EQ(status("").text.find("\n\n"), std::string::npos);

  ASSERT_TRUE(store_.control({.verb = ControlVerb::tag, .sweep = SweepId{1}, .tags = {std::string(32, 'c')}}).ok());
  EXPECT_NE(status("").text.find("\n\nsweep  tags\n"), std::string::npos) << status("").text;
  std::istringstream lines(status("").text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80U) << line;
}

TEST_F(StatusTextTest, ATagLeavesTheSweepsOrTheTrialsThatHaveIt) {
  using storage::ControlVerb;
  submit(2);
  ASSERT_TRUE(store_.submit(submission_of({.name = "other", .folds = 2})).ok());
  ASSERT_TRUE(store_.control({.verb = ControlVerb::tag, .sweep = SweepId{2}, .tags = {"paper"}}).ok());
  ASSERT_TRUE(store_.control({.verb = ControlVerb::tag, .trials = {trial_of(0, 1)}, .tags = {"odd"}}).ok());
  const auto tagged = [&](const StatusOptions& options, Format format = Format::table) {
    return status_text(store_, options, format).value();
  };

  EXPECT_EQ(tagged({.tag = "paper"}).text.find("study"), std::string::npos);
  EXPECT_EQ(tagged({.tag = "paper"}, Format::quiet).text, "2\n");
  EXPECT_TRUE(tagged({.tag = "none"}).empty);
  EXPECT_NE(tagged({.sweep = "study", .tag = "odd"}).text.find("pending"), std::string::npos) << "in any state";
  EXPECT_EQ(tagged({.sweep = "study", .tag = "none"}).text.find("attempt"), std::string::npos);
  EXPECT_NE(tagged({.sweep = "study", .tag = "odd"}, Format::json).text.find(trial_of(0, 1).hex), std::string::npos);
}

TEST(CountsTextTest, NamesTheStatesThatThereAre) {
  EXPECT_EQ(counts_text({.done = 6}), "6 trials: 6 done");
  EXPECT_EQ(counts_text({.pending = 1, .running = 2, .done = 3, .failed = 4, .diverged = 5, .cancelled = 6}),
            "21 trials: 3 done, 2 running, 1 pending, 4 failed, 5 diverged, 6 cancelled");
  EXPECT_EQ(counts_text({.failed = 1}), "1 trial: 1 failed");
}

}  // namespace
}  // namespace mer::cli
