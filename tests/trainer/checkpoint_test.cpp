#include "worker/trainer/checkpoint.hpp"

#include <ATen/ATen.h>
#include <fstream>
#include <gtest/gtest.h>

#include "tests/trainer/tiny_study.hpp"

namespace mer::trainer {
namespace {

namespace fs = std::filesystem;

const TrialId kTrial{"0123456789abcdef0123456789abcdef"};

CheckpointState some_state() {
  CheckpointState state;
  state.epoch = 7;
  state.step = 91;
  Evaluation test;
  test.confusion = ConfusionMatrix(2);
  test.confusion.at(0, 1) = 3;
  test.confusion.at(1, 1) = 4;
  test.probabilities = {0.1F, 0.9F, 0.25F, 0.75F};
  state.best.update(5, &test, test);
  state.tensors = {{"weights/a", at::rand({2, 3})}, {"exp_avg/a", at::rand({2, 3}, at::kDouble)}};
  return state;
}

CheckpointState blank_like(const CheckpointState& state) {
  CheckpointState blank;
  for (const NamedTensor& entry : state.tensors) blank.tensors.push_back({entry.name, at::zeros_like(entry.tensor)});
  return blank;
}

class CheckpointTest : public testing::Test {
 protected:
  CheckpointTest() : store_(folder_.path().string()) {}

  CheckpointRecord write(int attempt, int epoch) {
    CheckpointState state = some_state();
    state.epoch = epoch;
    return write_checkpoint(store_, kTrial, attempt, Environment(), state).value();
  }

  bool exists(const CheckpointRecord& record) const { return fs::exists(folder_.path() / record.file); }

  TemporaryFolder folder_;
  std::string store_;
};

TEST_F(CheckpointTest, BringsBackEveryNumber) {
  const CheckpointState state = some_state();
  const CheckpointRecord record = write_checkpoint(store_, kTrial, 2, Environment(), state).value();
  CheckpointState back = blank_like(state);

  const Status status = read_checkpoint(store_, record, back);

  ASSERT_TRUE(status.ok()) << status.error().message;
  EXPECT_EQ(record.file, "checkpoints/" + kTrial.hex + "/2-7.safetensors");
  EXPECT_EQ(record.bytes, std::int64_t(fs::file_size(folder_.path() / record.file)));
  EXPECT_EQ(back.epoch, 7);
  EXPECT_EQ(back.step, 91);
  EXPECT_EQ(back.best.entries(), state.best.entries());
  for (std::size_t i = 0; i < state.tensors.size(); ++i) {
    EXPECT_TRUE(at::equal(back.tensors[i].tensor, state.tensors[i].tensor));
  }
}

TEST_F(CheckpointTest, RefusesAFlippedBit) {
  const CheckpointRecord record = write(1, 3);
  std::fstream file(folder_.path() / record.file, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(-3, std::ios::end);
  const int last = file.peek();
  file.put(char(last ^ 1));
  file.close();
  CheckpointState back = blank_like(some_state());

  const Status status = read_checkpoint(store_, record, back);

  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::corrupt);
  EXPECT_NE(status.error().message.find(record.file), std::string::npos) << status.error().message;
}

TEST_F(CheckpointTest, RefusesAMissingAndATruncatedFile) {
  const CheckpointRecord record = write(1, 3);
  CheckpointState back = blank_like(some_state());

  fs::resize_file(folder_.path() / record.file, std::uintmax_t(record.bytes) - 8);
  EXPECT_FALSE(read_checkpoint(store_, record, back).ok());

  fs::remove(folder_.path() / record.file);
  EXPECT_FALSE(read_checkpoint(store_, record, back).ok());
}

TEST_F(CheckpointTest, RefusesAnotherTrialsFileAndAnotherShape) {
  CheckpointRecord record = write(1, 3);
  CheckpointState other_shape = blank_like(some_state());
  other_shape.tensors[0].tensor = at::zeros({3, 2});
  CheckpointState fewer = blank_like(some_state());
  fewer.tensors.pop_back();

  EXPECT_FALSE(read_checkpoint(store_, record, other_shape).ok());
  EXPECT_FALSE(read_checkpoint(store_, record, fewer).ok());
  CheckpointState same = blank_like(some_state());
  record.trial.hex[0] = 'f';
  EXPECT_FALSE(read_checkpoint(store_, record, same).ok());
}

TEST_F(CheckpointTest, RemovesOthersButNeitherLaterAttemptsNorForeignFiles) {
  const CheckpointRecord old = write(1, 9), kept = write(2, 2), later = write(3, 1);
  std::ofstream(folder_.path() / "checkpoints" / kTrial.hex / "notes.txt") << "not a checkpoint";

  remove_other_checkpoints(store_, kTrial, 2, {kept.file});

  EXPECT_FALSE(exists(old));
  EXPECT_TRUE(exists(kept));
  EXPECT_TRUE(exists(later));
  EXPECT_TRUE(fs::exists(folder_.path() / "checkpoints" / kTrial.hex / "notes.txt"));
}

}  // namespace
}  // namespace mer::trainer
