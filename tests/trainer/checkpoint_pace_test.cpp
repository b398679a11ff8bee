#include "worker/trainer/checkpoint_pace.hpp"

#include <gtest/gtest.h>

namespace mer::trainer {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Seconds = CheckpointPace::Seconds;

const CheckpointPace::TimePoint kStart = CheckpointPace::TimePoint(seconds(1000));

TEST(CheckpointPace, AnIntervalAfterTheStartAndAfterEachFile) {
  CheckpointPace pace(Seconds(20), kStart);
  EXPECT_FALSE(pace.due(kStart + milliseconds(19'999)));
  EXPECT_TRUE(pace.due(kStart + seconds(20)));
  pace.begun(kStart + seconds(25));
  pace.written(Seconds(0.1));
  EXPECT_FALSE(pace.due(kStart + seconds(44)));
  EXPECT_TRUE(pace.due(kStart + seconds(45)));
}

TEST(CheckpointPace, SlowFilesComeLessOften) {
  CheckpointPace pace(Seconds(20), kStart);
  pace.begun(kStart);
  pace.written(Seconds(6));
  EXPECT_FALSE(pace.due(kStart + seconds(119)));
  EXPECT_TRUE(pace.due(kStart + seconds(120))) << "6 s are a twentieth of 120";
  pace.begun(kStart + seconds(120));
  pace.written(Seconds(0.5));
  EXPECT_TRUE(pace.due(kStart + seconds(140))) << "it is fast again";
}

TEST(CheckpointPace, WritingTakesATwentiethAtMost) {
  CheckpointPace pace(Seconds(20), kStart);
  const Seconds took(3);
  Seconds writing(0);
  for (auto now = kStart; now < kStart + seconds(3600); now += seconds(1)) {
    if (!pace.due(now)) continue;
    pace.begun(now);
    pace.written(took);
    writing += took;
  }
  EXPECT_LE(writing.count(), 3600 * CheckpointPace::kWritingShare);
  EXPECT_GE(writing.count(), 0.9 * 3600 * CheckpointPace::kWritingShare) << "no more seldom than need be";
}

TEST(CheckpointPace, EveryEpochWhereThatIsAsked) {
  CheckpointPace pace(Seconds(0), kStart);
  pace.begun(kStart);
  pace.written(Seconds(60));
  EXPECT_TRUE(pace.due(kStart));
}

}  // namespace
}  // namespace mer::trainer
