#include "transport/reliable_channel.hpp"

#include <gtest/gtest.h>
#include <random>

#include "core/messages.hpp"

namespace mer::transport {
namespace {

using namespace std::chrono_literals;

class ReliableChannelTest : public ::testing::Test {
 protected:
  static std::vector<std::string> pass(const std::vector<LinkFrame>& frames, ReliableChannel& to, TimePoint now) {
    std::vector<std::string> payloads;
    for (const LinkFrame& frame : frames) {
      if (auto payload = to.take(frame, now)) payloads.push_back(*payload);
    }
    return payloads;
  }
  static std::vector<std::uint64_t> numbers(const std::vector<LinkFrame>& frames) {
    std::vector<std::uint64_t> numbers;
    for (const LinkFrame& frame : frames) numbers.push_back(frame.number);
    return numbers;
  }

  ReliableChannel gateway_{"gateway", 3};
  ReliableChannel coordinator_{"coordinator"};
  TimePoint now_{};
};

using Numbers = std::vector<std::uint64_t>;
using Payloads = std::vector<std::string>;

TEST_F(ReliableChannelTest, PayloadsArriveInOrderAndAGatewaySaysHowManyWorkersItHas) {
  gateway_.send("a");
  gateway_.send("b");

  const auto frames = gateway_.due(now_);

  EXPECT_EQ(numbers(frames), (Numbers{1, 2}));
  EXPECT_EQ(frames[0].workers, 3);
  EXPECT_EQ(frames[0].session, "gateway");
  EXPECT_EQ(pass(frames, coordinator_, now_), (Payloads{"a", "b"}));
  EXPECT_EQ(coordinator_.peer(), "gateway");
}

TEST_F(ReliableChannelTest, WhatIsReceivedIsNotSentAgainButForgottenOnlyWhenItIsDurable) {
  gateway_.send("a");
  pass(gateway_.due(now_), coordinator_, now_);

  pass(coordinator_.due(now_), gateway_, now_);
  EXPECT_TRUE(gateway_.all_received());
  EXPECT_FALSE(gateway_.all_kept());
  EXPECT_EQ(numbers(gateway_.due(now_ + 10s)), (Numbers{0}));

  coordinator_.confirm();
  pass(coordinator_.due(now_), gateway_, now_);
  EXPECT_TRUE(gateway_.all_kept());
}

TEST_F(ReliableChannelTest, WhatWasLostIsSentAgainFromTheFirstThatIsMissing) {
  for (const char* payload : {"a", "b", "c"}) gateway_.send(payload);
  auto frames = gateway_.due(now_);
  frames.erase(frames.begin() + 1);
  EXPECT_EQ(pass(frames, coordinator_, now_), (Payloads{"a"}));
  pass(coordinator_.due(now_), gateway_, now_);

  EXPECT_EQ(numbers(gateway_.due(now_ + 1s)), (Numbers{0})) << "a beat: it is too early";
  const auto again = gateway_.due(now_ + 2s);

  EXPECT_EQ(numbers(again), (Numbers{2, 3}));
  EXPECT_EQ(pass(again, coordinator_, now_), (Payloads{"b", "c"}));
}

TEST_F(ReliableChannelTest, ARepeatCountsOnceAndIsAnsweredAgain) {
  gateway_.send("a");
  const auto frames = gateway_.due(now_);
  pass(frames, coordinator_, now_);
  coordinator_.due(now_);  // the answer is lost

  EXPECT_EQ(pass(frames, coordinator_, now_), Payloads{});
  pass(coordinator_.due(now_), gateway_, now_);

  EXPECT_TRUE(gateway_.all_received());
}

TEST_F(ReliableChannelTest, ABeatComesEverySecondWhereThereIsNothingElse) {
  EXPECT_EQ(numbers(gateway_.due(now_)), (Numbers{0}));
  EXPECT_EQ(numbers(gateway_.due(now_ + 999ms)), Numbers{});
  EXPECT_EQ(numbers(gateway_.due(now_ + 1s)), (Numbers{0}));
}

TEST_F(ReliableChannelTest, NoMoreThanAWindowIsUnderWay) {
  ReliableChannel sender("gateway", 1, {.window = 2});
  for (const char* payload : {"a", "b", "c"}) sender.send(payload);

  const auto first = sender.due(now_);
  EXPECT_EQ(numbers(first), (Numbers{1, 2}));
  EXPECT_EQ(numbers(sender.due(now_)), Numbers{});
  pass(first, coordinator_, now_);
  pass(coordinator_.due(now_), sender, now_);

  EXPECT_EQ(numbers(sender.due(now_)), (Numbers{3}));
}

TEST_F(ReliableChannelTest, FramesOfAnotherSessionAreLetGo) {
  pass(gateway_.due(now_), coordinator_, now_);
  pass(coordinator_.due(now_), gateway_, now_);
  ReliableChannel stranger("stranger");
  stranger.send("x");

  EXPECT_EQ(pass(stranger.due(now_), gateway_, now_ + 5s), Payloads{});
  EXPECT_EQ(gateway_.heard(), now_);

  LinkFrame to_another{"coordinator", "another gateway", 0, false, 1, 0, 0, "x"};
  EXPECT_EQ(gateway_.take(to_another, now_), std::nullopt);
}

TEST_F(ReliableChannelTest, AcknowledgementsBeyondWhatWasSentChangeNothing) {
  gateway_.send("a");
  gateway_.take({"coordinator", "gateway", 0, false, 0, 99, 99, ""}, now_);

  EXPECT_FALSE(gateway_.all_received());
  EXPECT_EQ(numbers(gateway_.due(now_)), (Numbers{1}));
}

// Whatever is lost, repeated and overtaken, in both directions.
TEST_F(ReliableChannelTest, EveryPayloadArrivesOnceAndInOrderOverABadLine) {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    std::mt19937 draw(seed);
    ReliableChannel left("left", 1, {.window = 8}), right("right", 0, {.window = 8});
    Payloads sent, arrived;
    std::vector<LinkFrame> late;
    for (int round = 0; sent.size() < 200 || !left.all_kept(); ++round) {
      ASSERT_LT(round, 20'000) << "seed " << seed;
      if (sent.size() < 200) left.send(sent.emplace_back(std::to_string(sent.size())));
      for (const LinkFrame& frame : left.due(now_)) {
        if (draw() % 4 == 0) continue;
        if (draw() % 8 == 0) late.push_back(frame);
        if (auto payload = right.take(frame, now_)) arrived.push_back(*payload);
      }
      if (!late.empty() && draw() % 4 == 0) {
        if (auto payload = right.take(late.back(), now_)) arrived.push_back(*payload);
        late.pop_back();
      }
      if (draw() % 2 == 0) right.confirm();
      for (const LinkFrame& frame : right.due(now_)) {
        if (draw() % 4 != 0) left.take(frame, now_);
      }
      now_ += 300ms;
    }
    EXPECT_EQ(arrived, sent) << "seed " << seed;
  }
}

TEST(LinkFrameTest, IsReadAsItWasWrittenAndNothingElseIsAFrame) {
  const LinkFrame frame{"s", "p", 4, true, 7, 5, 3, std::string("\0\xff x", 4)};
  const std::string bytes = encode(frame);

  EXPECT_EQ(decode_frame(bytes).value(), frame);
  EXPECT_EQ(decode_frame("nonsense").error().code, ErrorCode::corrupt);
  EXPECT_EQ(decode_frame(encode(mer::Message(Beat{1}))).error().code, ErrorCode::corrupt);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_frame(bytes.substr(0, size)).ok()) << size;
  }
}

TEST(LinkFrameTest, AParcelKeepsItsWorkerAndBytes) {
  const Parcel parcel{70'000, "bytes"};

  EXPECT_EQ(unpack(pack(parcel)), parcel);
  EXPECT_EQ(unpack("abc"), std::nullopt);
}

}  // namespace
}  // namespace mer::transport
