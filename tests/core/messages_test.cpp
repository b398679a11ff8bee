#include "core/messages.hpp"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>
#include <random>

namespace mer {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

ConfusionMatrix some_matrix() {
  ConfusionMatrix matrix(2);
  matrix.counts = {5, 1, 0, 1LL << 40};
  return matrix;
}

EpochRow some_row(Split split) {
  EpochRow row;
  row.split = split;
  row.epoch = 3;
  row.utterances = 4290;
  row.losses = {1.25, 1e-300, 0.5, {0.25, 0.75}, std::nullopt, 3.0, std::nullopt, -0.0, kInfinity};
  row.confusion = some_matrix();
  if (split == Split::train) {
    row.gradient_norm = 1.0 / 3;
    row.learning_rate = 1e-4;
  }
  return row;
}

Environment some_environment() {
  return {"node-7", "cpu", "0.1.0 (abc)", R"({"libtorch":"2.11.0"})", 2, 4242};
}

TrialResult some_result() {
  TrialResult result;
  result.epochs = 5;
  result.selected = {Selected{SelectionRule::last, Metric::wa, 5, some_matrix(), {0.25F, 0.75F, 1.0F, 0.0F}},
                     Selected{SelectionRule::best_test, Metric::ua, 2, some_matrix(), {}}};
  result.weights_sha256 = std::string(64, 'f');
  result.parameters = 123456789;
  result.wall_seconds = 12.5;
  result.peak_memory = std::int64_t{3} << 30;
  result.profile = {1200, {0.5, 1.5, 0.25, 3, 0.75, 2, 0.125, 1e-9}};
  return result;
}

StackJob some_job() {
  StackJob job;
  job.store = "/store";
  job.corpus_path = "/corpus \xc3\xa4";
  job.broadcast_features = true;
  job.device = DeviceChoice::cpu;
  job.slots = 3;
  job.memory = std::int64_t{5} << 30;
  job.trials.resize(1);
  job.trials[0].spec.id = {"0123456789abcdef0123456789abcdef"};
  job.trials[0].spec.fold_name = "speaker-F03";
  job.trials[0].spec.model.modalities = {"audio"};
  job.trials[0].spec.model.subspace = std::nullopt;
  job.trials[0].resume = {{{"aa"}, 1, 2, "file", "hash", 99}};
  return job;
}

std::vector<Message> every_message() {
  const TrialId trial{"0123456789abcdef0123456789abcdef"};
  std::vector<Message> messages = {
      Hello{"node-1", 77, {0, 1, 5}, "cpu"},
      Beat{},
      Beat{7, {1.875, std::int64_t{3} << 40, 0, 99.5}},
      Beat{7, {std::nullopt, 1, std::nullopt, std::nullopt}},
      Beat{std::numeric_limits<std::uint64_t>::max()},
      Capacity{7},
      GangStart{3, StackJob()},
      GangEnd{3, {Failure::Kind::memory, 0, "full", "tail"}},
      GangSum{3, true, 2, {0, 255, 1, 128}},
      Assign{some_job()},
      StopTrials{},
      StopTrials{{trial, {"ff"}}},
      Shutdown{},
      CorpusRequest{7, "/corpora/x", "features/audio.safetensors", std::int64_t{1} << 40, 1 << 20},
      CorpusAnswer{7, {{"corpus.json", 12}, {"features/audio.safetensors", std::int64_t{1} << 40}}, {}, ""},
      CorpusAnswer{8, {}, {0, 255, 10, 13, 0}, "no such file"},
  };
  const std::vector<AttemptEvent> events = {
      AttemptStarted{some_environment(), 4, {"4-7.safetensors: hash differs"}},
      EpochDone{{some_row(Split::train), some_row(Split::test)}, {3, 0.5, 0.25, 1.7e9}},
      CheckpointSaved{{trial, 2, 9, "checkpoints/x", "hash", 1 << 20}},
      AttemptFinished{some_result()},
      AttemptDiverged{2, 17, "total"},
      AttemptStopped{6},
      AttemptFailed{{Failure::Kind::signal, 9, "killed", "last\nlines \xff not UTF-8"}, 4},
  };
  for (const AttemptEvent& event : events) messages.push_back(Report{trial, 3, event});
  return messages;
}

TEST(MessagesTest, EveryMessageGoesThereAndBack) {
  for (const Message& message : every_message()) {
    SCOPED_TRACE(message.index());
    const auto decoded = decode(encode(message));

    ASSERT_TRUE(decoded.ok()) << decoded.error().message;
    EXPECT_TRUE(*decoded == message);
  }
}

TEST(MessagesTest, EveryKindIsTested) {
  std::vector<bool> messages(std::variant_size_v<Message>);
  std::vector<bool> events(std::variant_size_v<AttemptEvent>);
  for (const Message& message : every_message()) {
    messages[message.index()] = true;
    if (const auto* report = std::get_if<Report>(&message)) events[report->event.index()] = true;
  }

  EXPECT_EQ(messages, std::vector<bool>(messages.size(), true));
  EXPECT_EQ(events, std::vector<bool>(events.size(), true));
}

TEST(MessagesTest, NaNAndInfinitySurvive) {
  EpochRow row;
  row.losses.total = std::nan("");
  row.losses.task = -kInfinity;
  row.losses.auxiliary_by_modality = {kInfinity, std::nan("")};
  row.gradient_norm = std::nan("");
  TrialResult result;
  result.selected = {Selected{SelectionRule::last, Metric::wa, 1, ConfusionMatrix(), {std::nanf(""), -0.0F}}};

  const auto epoch = decode(encode(Report{{"t"}, 1, EpochDone{{row}, {}}}));
  const auto finished = decode(encode(Report{{"t"}, 1, AttemptFinished{result}}));

  ASSERT_TRUE(epoch.ok() && finished.ok());
  const EpochRow& back = std::get<EpochDone>(std::get<Report>(*epoch).event).rows[0];
  EXPECT_TRUE(std::isnan(back.losses.total));
  EXPECT_EQ(back.losses.task, -kInfinity);
  EXPECT_EQ(back.losses.auxiliary_by_modality[0], kInfinity);
  EXPECT_TRUE(std::isnan(back.losses.auxiliary_by_modality[1]));
  EXPECT_TRUE(std::isnan(back.gradient_norm.value()));
  const auto& probabilities =
      std::get<AttemptFinished>(std::get<Report>(*finished).event).result.selected[0].probabilities;
  EXPECT_TRUE(std::isnan(probabilities[0]));
  EXPECT_TRUE(std::signbit(probabilities[1]));
}

TEST(MessagesTest, DoublesKeepEveryBit) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t bits = random();
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    if (std::isnan(value)) continue;
    const auto decoded = decode(encode(Report{{"t"}, 1, EpochDone{{}, {1, value, 0, 0}}}));
    ASSERT_EQ(std::get<EpochDone>(std::get<Report>(*decoded).event).timing.train_seconds, value);
  }
}

TEST(MessagesTest, AnotherVersionIsRefusedByName) {
  std::string bytes = encode(Shutdown{});
  const std::size_t version = bytes.find("version") + 7;
  ASSERT_EQ(bytes[version], kMessageVersion);
  bytes[version] = 9;

  const auto decoded = decode(bytes);

  EXPECT_EQ(decoded.error().code, ErrorCode::corrupt);
  EXPECT_NE(decoded.error().message.find("version 9"), std::string::npos) << decoded.error().message;
}

TEST(MessagesTest, TruncatedBytesAreCorrupt) {
  for (const Message& message : every_message()) {
    const std::string bytes = encode(message);
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      const auto decoded = decode(bytes.substr(0, length));
      ASSERT_FALSE(decoded.ok());
      ASSERT_EQ(decoded.error().code, ErrorCode::corrupt);
    }
    ASSERT_FALSE(decode(bytes + "x").ok());
  }
}

TEST(MessagesTest, MutatedBytesNeverCrash) {
  std::mt19937 random(42);
  int refused = 0;
  for (int round = 0; round < 200; ++round) {
    for (const Message& message : every_message()) {
      std::string bytes = encode(message);
      const int changes = 1 + int(random() % 4);
      for (int i = 0; i < changes; ++i) bytes[random() % bytes.size()] = static_cast<char>(random());
      const auto decoded = decode(bytes);
      if (!decoded) {
        ++refused;
        ASSERT_EQ(decoded.error().code, ErrorCode::corrupt);
      }
    }
  }
  EXPECT_GT(refused, 100);
}

TEST(MessagesTest, RandomBytesNeverCrash) {
  std::mt19937 random(7);
  for (int round = 0; round < 5000; ++round) {
    std::string bytes(random() % 64, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    ASSERT_FALSE(decode(bytes).ok());
  }
}

TEST(MessagesTest, WhatAWorkerDoesNotKnowOfItsUseIsAbsentAndNotZero) {
  const auto none = decode(encode(Beat{3, {}}));
  const auto zero = decode(encode(Beat{3, {0, 0, 0, 0}}));

  ASSERT_TRUE(none.ok() && zero.ok());
  EXPECT_EQ(std::get<Beat>(*none).use.gpu_memory_bytes, std::nullopt);
  EXPECT_EQ(std::get<Beat>(*zero).use.gpu_memory_bytes, 0);
  EXPECT_FALSE(*none == *zero);
}

TEST(MessagesTest, AMatrixOfTheWrongSizeIsCorrupt) {
  EpochRow row;
  row.confusion.classes = 3;
  row.confusion.counts = {1, 2};

  EXPECT_FALSE(decode(encode(Report{{"t"}, 1, EpochDone{{row}, {}}})).ok());
}

TEST(MessagesTest, OnlyLastEventsEndAnAttempt) {
  EXPECT_FALSE(ends_attempt(AttemptStarted{}));
  EXPECT_FALSE(ends_attempt(EpochDone{}));
  EXPECT_FALSE(ends_attempt(CheckpointSaved{}));
  EXPECT_TRUE(ends_attempt(AttemptFinished{}));
  EXPECT_TRUE(ends_attempt(AttemptDiverged{}));
  EXPECT_TRUE(ends_attempt(AttemptStopped{}));
  EXPECT_TRUE(ends_attempt(AttemptFailed{}));
}

}  // namespace
}  // namespace mer
