#include "worker/trainer/checkpointer.hpp"

#include <ATen/ATen.h>
#include <fstream>
#include <gtest/gtest.h>
#include <stdexcept>

#include "tests/trainer/tiny_study.hpp"

namespace mer::trainer {
namespace {

namespace fs = std::filesystem;

TEST(BackgroundTest, CarriesOutItsTasksInOrderAndAllOfThemBeforeItEnds) {
  std::vector<int> done;
  {
    Background background;
    for (int i = 0; i < 100; ++i) background.add([&done, i] { done.push_back(i); });
  }

  ASSERT_EQ(done.size(), 100U);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(done[std::size_t(i)], i);
}

TEST(BackgroundTest, ATasksExceptionComesOutOfItsFutureAndTheNextTaskRuns) {
  Background background;
  auto broken = background.add([]() -> int { throw std::runtime_error("broken"); });
  auto next = background.add([] { return 3; });

  EXPECT_THROW(broken.get(), std::runtime_error);
  EXPECT_EQ(next.get(), 3);
}

// A trial of one weight, and a writer that waits until it is let go.
class CheckpointerTest : public testing::Test {
 protected:
  CheckpointerTest() {
    stack_.store = folder_.path().string();
    stack_.checkpoint_seconds = 0;
    trial_.spec.id = TrialId{std::string(32, 'a')};
    trial_.spec.train.epochs = 10;
    writer_.add([held = hold_.get_future().share()] { held.wait(); });
  }
  ~CheckpointerTest() override { let_go(); }

  Checkpointer checkpointer() { return {stack_, trial_, Environment(), {{"weights/a", weight_}}}; }
  void let_go() {
    if (!free_) hold_.set_value();
    free_ = true;
  }
  void end_epoch(Checkpointer& checkpointer, int epoch) {
    weight_.fill_(double(epoch));
    checkpointer.remember(epoch, epoch * 10, BestEpochs());
  }
  double weight_in(const CheckpointRecord& record) {
    CheckpointState state;
    state.tensors = {{"weights/a", at::zeros_like(weight_)}};
    const Status status = read_checkpoint(stack_.store, record, state);
    EXPECT_TRUE(status.ok()) << status.error().message;
    return state.tensors[0].tensor[0].item<double>();
  }
  std::size_t files() const {
    const fs::path folder = folder_.path() / "checkpoints" / trial_.spec.id.hex;
    return std::size_t(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
  }

  TemporaryFolder folder_;
  StackJob stack_;
  TrialJob trial_;
  at::Tensor weight_ = at::zeros({3});
  std::promise<void> hold_;
  bool free_ = false;
  Background writer_;
};

TEST_F(CheckpointerTest, WritesTheEpochItWasAskedForThoughTrainingWentOn) {
  Checkpointer checkpointer = this->checkpointer();
  end_epoch(checkpointer, 1);

  checkpointer.save(writer_);
  end_epoch(checkpointer, 2);
  end_epoch(checkpointer, 3);
  weight_.fill_(-1);
  EXPECT_FALSE(checkpointer.take_saved(/*wait=*/false).has_value());
  EXPECT_EQ(checkpointer.saved_epoch(), 0);
  let_go();

  const CheckpointRecord first = checkpointer.take_saved(/*wait=*/true).value().value();
  EXPECT_EQ(first.epoch, 1);
  EXPECT_EQ(weight_in(first), 1);
  EXPECT_EQ(checkpointer.saved_epoch(), 1);
  EXPECT_FALSE(checkpointer.take_saved(/*wait=*/true).has_value());
  checkpointer.save(writer_);
  EXPECT_EQ(weight_in(checkpointer.take_saved(/*wait=*/true).value().value()), 3);
}

TEST_F(CheckpointerTest, AFileThatCannotBeWrittenIsAnErrorAndTheNextOneIsTried) {
  std::ofstream(folder_.path() / "checkpoints") << "a file where the folder should be";
  Checkpointer checkpointer = this->checkpointer();
  let_go();
  end_epoch(checkpointer, 1);
  checkpointer.save(writer_);

  EXPECT_FALSE(checkpointer.take_saved(/*wait=*/true).value().ok());
  EXPECT_EQ(checkpointer.saved_epoch(), 0);

  fs::remove(folder_.path() / "checkpoints");
  checkpointer.save(writer_);
  EXPECT_EQ(checkpointer.take_saved(/*wait=*/true).value().value().epoch, 1);
}

TEST_F(CheckpointerTest, RemovesOldFilesInTurnWithItsWrites) {
  let_go();
  Checkpointer checkpointer = this->checkpointer();
  for (int epoch = 1; epoch <= 4; ++epoch) {
    end_epoch(checkpointer, epoch);
    checkpointer.save(writer_);
    ASSERT_TRUE(checkpointer.take_saved(/*wait=*/true).value().ok());
    checkpointer.remove_old(writer_);
  }
  writer_.add([] {}).get();

  EXPECT_EQ(files(), 2U);
}

}  // namespace
}  // namespace mer::trainer
