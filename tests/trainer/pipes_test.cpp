// Frames in and out of a trainer: worker/trainer/report_sink.hpp and requests.hpp.
#include <array>
#include <csignal>
#include <future>
#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <unistd.h>

#include "core/frame.hpp"
#include "worker/trainer/report_sink.hpp"
#include "worker/trainer/requests.hpp"

namespace mer::trainer {
namespace {

struct Pipe {
  Pipe() { EXPECT_EQ(pipe(ends.data()), 0); }
  ~Pipe() {
    close_read();
    close_write();
  }
  void close_read() { close_end(0); }
  void close_write() { close_end(1); }
  void write_bytes(const std::string& bytes) {
    ASSERT_EQ(write(ends[1], bytes.data(), bytes.size()), ssize_t(bytes.size()));
  }

  std::array<int, 2> ends{};

 private:
  void close_end(std::size_t end) {
    if (ends[end] >= 0) close(ends[end]);
    ends[end] = -1;
  }
};

TEST(FrameSinkTest, FramesOfManyThreadsStayWhole) {
  Pipe pipe;
  FrameSink sink(pipe.ends[1]);
  constexpr int kThreads = 4, kEach = 200;
  std::vector<std::thread> writers;
  for (int i = 0; i < kThreads; ++i) {
    writers.emplace_back([&] {
      for (std::uint64_t n = 0; n < kEach; ++n) EXPECT_TRUE(sink.send(Beat{n}).ok());
    });
  }

  CommandReader reader(pipe.ends[0]);
  int beats = 0;
  for (int i = 0; i < kThreads * kEach; ++i) {
    const auto message = reader.read();
    if (message && std::holds_alternative<Beat>(message->value())) ++beats;
  }
  for (std::thread& writer : writers) writer.join();

  EXPECT_EQ(beats, kThreads * kEach);
}

TEST(FrameSinkTest, AClosedPipeIsAnErrorNotASignal) {
  std::signal(SIGPIPE, SIG_IGN);
  Pipe pipe;
  FrameSink sink(pipe.ends[1]);
  pipe.close_read();

  const Status status = sink.send(Beat{1});

  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::unavailable);
}

TEST(HeartbeatTest, BeatsAtOnceAndEndsWithoutWaiting) {
  std::atomic<int> beats = 0;
  const auto begin = std::chrono::steady_clock::now();
  {
    const Heartbeat heartbeat([&] { ++beats; });
    while (beats == 0) std::this_thread::yield();
  }

  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(900));
  EXPECT_EQ(beats, 1);
}

Assign joining(const TrialId& trial) {
  Assign assign;
  assign.job.trials.resize(1);
  assign.job.trials[0].spec.id = trial;
  return assign;
}

TEST(RequestsTest, StopsAreTakenOnceAndAnEmptyListMeansAll) {
  Requests requests;
  EXPECT_FALSE(requests.take_stops().has_value());

  requests.add(StopTrials{{{"1"}}});
  requests.add(StopTrials{{{"2"}}});
  EXPECT_EQ(requests.take_stops(), (StopTrials{{{"1"}, {"2"}}}));
  EXPECT_FALSE(requests.take_stops().has_value());

  requests.add(StopTrials{});
  requests.add(StopTrials{{{"1"}}});
  EXPECT_EQ(requests.take_stops(), StopTrials{});
}

TEST(RequestsTest, TrialsJoinInOrderAndStopsDoNotHideThem) {
  Requests requests;
  requests.add(joining({"1"}));
  requests.add(StopTrials{{{"1"}}});
  requests.add(joining({"2"}));

  EXPECT_TRUE(requests.take_stops().has_value());
  const std::vector<TrialJob> trials = requests.take_joining();
  ASSERT_EQ(trials.size(), 2U);
  EXPECT_EQ(trials[1].spec.id.hex, "2");
  EXPECT_TRUE(requests.take_joining().empty());
}

TEST(RequestsTest, WaitingEndsWhenNothingMoreComes) {
  Requests requests;
  EXPECT_TRUE(requests.wait());
  requests.add(joining({"1"}));
  requests.add(Shutdown());
  EXPECT_TRUE(requests.wait());  // there is one to train

  EXPECT_EQ(requests.take_joining().size(), 1U);
  EXPECT_FALSE(requests.wait());
}

TEST(CommandReaderTest, ReadsTheJobThenStopsThenSeesTheEnd) {
  Pipe pipe;
  Requests requests;
  std::promise<ErrorCode> lost;
  CommandReader reader(pipe.ends[0]);
  const TrialId trial{"abc"};
  pipe.write_bytes(frame_of(encode(Assign{})) + frame_of(encode(joining(trial))) +
                   frame_of(encode(StopTrials{{trial}})) + frame_of(encode(Shutdown{})));  // all in one read

  const auto first = reader.read();
  reader.start(requests, [&](const Error& error) { lost.set_value(error.code); });
  pipe.close_write();

  EXPECT_TRUE(std::holds_alternative<Assign>(first->value()));
  EXPECT_EQ(lost.get_future().get(), ErrorCode::unavailable);
  EXPECT_EQ(requests.take_joining().size(), 1U);
  EXPECT_EQ(requests.take_stops(), StopTrials{{trial}});
  EXPECT_FALSE(requests.wait());
}

TEST(CommandReaderTest, BytesThatAreNoFrameAreCorrupt) {
  Pipe pipe;
  CommandReader reader(pipe.ends[0]);
  pipe.write_bytes(frame_of("nonsense"));

  const auto message = reader.read();

  ASSERT_FALSE(message.ok());
  EXPECT_EQ(message.error().code, ErrorCode::corrupt);
}

TEST(CommandReaderTest, EndsItsThreadWhileThePipeIsQuiet) {
  Pipe pipe;
  Requests requests;
  bool lost = false;
  {
    CommandReader reader(pipe.ends[0]);
    reader.start(requests, [&](const Error&) { lost = true; });
  }

  EXPECT_FALSE(lost);
}

}  // namespace
}  // namespace mer::trainer
