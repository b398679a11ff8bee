#include "worker/trainer/batches.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <numeric>

#include "tests/trainer/tiny_study.hpp"

namespace mer::trainer {
namespace {

TEST(DataOrderTest, IsAPermutationThatDependsOnSeedAndEpochOnly) {
  const auto order = data_order(3, 1, 50);

  auto sorted = order;
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::uint32_t> expected(50);
  std::iota(expected.begin(), expected.end(), 0U);
  EXPECT_EQ(sorted, expected);
  EXPECT_EQ(order, data_order(3, 1, 50));
  EXPECT_NE(order, data_order(3, 2, 50));
  EXPECT_NE(order, data_order(4, 1, 50));
}

// The order is part of the reproducibility promise: a change of these numbers, which an independent program made,
// changes every published result.
TEST(DataOrderTest, StaysWhatItWas) {
  EXPECT_EQ(data_order(0, 1, 8), (std::vector<std::uint32_t>{1, 4, 5, 2, 0, 6, 3, 7}));
  EXPECT_EQ(data_order((1ULL << 40) + 3, 7, 5), (std::vector<std::uint32_t>{2, 3, 0, 4, 1}));
}

TEST(DataOrderTest, EveryPositionIsAboutEquallyLikely) {
  std::vector<int> first(5);
  for (std::uint64_t seed = 0; seed < 5000; ++seed) ++first[data_order(seed, 1, 5)[0]];

  for (const int count : first) EXPECT_NEAR(count, 1000, 150);
}

TEST(DataOrderTest, NoAndOneDialogueAreFine) {
  EXPECT_TRUE(data_order(0, 1, 0).empty());
  EXPECT_EQ(data_order(0, 1, 1), std::vector<std::uint32_t>{0});
}

class BatchTest : public testing::Test {
 protected:
  BatchTest() : input_(JobInput::open(study_.job({study_.trial(0)})).value()) {
    for (const std::uint64_t seed : {0, 1}) trials_.push_back(input_->load(study_.trial(seed)).value());
  }

  const TrialInput& trial(std::size_t i) const { return trials_[i]; }

  TinyStudy study_;
  std::unique_ptr<JobInput> input_;
  std::vector<TrialInput> trials_;
};

TEST_F(BatchTest, LayoutCountsDialoguesAndRowsSlotBySlot) {
  const Part& train = trial(0).fold->train;
  const std::vector<std::uint32_t> first = {1, 0}, third = {2};
  const std::vector<SlotShare> shares = {
      share_of(trial(0), train, first, nullptr), {}, share_of(trial(1), train, third, nullptr)};

  const model::LayoutPtr layout = layout_of(shares);

  const auto rows = [&](std::size_t i) { return std::int64_t(train.dialogues[i].rows.size()); };
  ASSERT_EQ(layout->slots.size(), 3U);
  EXPECT_EQ(layout->slots[0].dialogues, (std::vector<std::int64_t>{0, rows(1), rows(1) + rows(0)}));
  EXPECT_EQ(layout->slots[1].rows(), 0);
  EXPECT_EQ(layout->slots[2].dialogues, (std::vector<std::int64_t>{0, rows(2)}));
  EXPECT_GE(layout->slots[2].begin, layout->slots[0].rows());
}

TEST_F(BatchTest, GathersTheNamedRowsAndStandardisesOnlyTheNamedModality) {
  const Part& train = trial(0).fold->train;
  const std::vector<std::uint32_t> dialogues = {2, 1};
  const std::vector<SlotShare> shares = {share_of(trial(0), train, dialogues, nullptr), {}};

  const StackBatch gathered = gather_batch(*input_, shares, Dtype::float64);

  std::vector<std::uint32_t> rows = train.dialogues[2].rows;
  rows.insert(rows.end(), train.dialogues[1].rows.begin(), train.dialogues[1].rows.end());
  EXPECT_EQ(gathered.shares[0].rows, rows);
  EXPECT_TRUE(gathered.batch.scored.empty());
  const data::FeatureMatrix& audio = *study_.corpus().find("audio");
  const data::FeatureMatrix& text = *study_.corpus().find("text");
  const data::Standardiser fitted = data::fit_standardiser(audio, trial(0).fold->fold.train);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto row = std::int64_t(i);
    EXPECT_EQ(gathered.batch.labels[row].item<std::int64_t>(), study_.corpus().utterances[rows[i]].label);
    EXPECT_EQ(gathered.batch.features[1][row][4].item<double>(), double(text.row(rows[i])[4]));
    EXPECT_NEAR(gathered.batch.features[0][row][2].item<double>(),
                (double(audio.row(rows[i])[2]) - fitted.mean[2]) / fitted.scale[2], 1e-12);
  }
}

// The first modality's features of all rows.
at::Tensor gathered_rows(const JobInput& input, std::span<const SlotShare> shares, Dtype dtype) {
  const StackBatch gathered = gather_batch(input, shares, dtype);
  return model::pack_rows(gathered.batch.features[0], *gathered.batch.layout);
}

TEST_F(BatchTest, StandardisedTrainingRowsHaveMeanZeroAndDeviationOne) {
  const Part& train = trial(0).fold->train;
  const std::vector<SlotShare> shares = {share_of(trial(0), train, train.corpus_order, nullptr), {}};

  const at::Tensor audio = gathered_rows(*input_, shares, Dtype::float64);

  EXPECT_LT(audio.mean(0).abs().max().item<double>(), 1e-12);
  EXPECT_LT((audio.std(0, false) - 1).abs().max().item<double>(), 1e-12);
}

TEST_F(BatchTest, Float32IsTheRoundedFloat64) {
  const Part& train = trial(0).fold->train;
  const std::vector<SlotShare> shares = {share_of(trial(0), train, train.corpus_order, nullptr), {}};

  const at::Tensor exact = gathered_rows(*input_, shares, Dtype::float64);
  const at::Tensor rounded = gathered_rows(*input_, shares, Dtype::float32);

  EXPECT_TRUE(at::equal(exact.to(at::kFloat), rounded));
}

TEST(FullContextTest, UtterancesOfOtherPartsAreGatheredButNotScored) {
  const TinyStudy study(FoldContext::full);
  const auto input = JobInput::open(study.job({study.trial(0)})).value();
  const TrialInput trial = input->load(study.trial(0)).value();
  const Part& test = trial.fold->test;
  const std::vector<SlotShare> shares = {share_of(trial, test, test.corpus_order, nullptr)};

  const StackBatch gathered = gather_batch(*input, shares, Dtype::float32);

  EXPECT_EQ(gathered.shares[0].scored_count, std::int64_t(test.rows.size()));
  EXPECT_GE(gathered.shares[0].rows.size(), test.rows.size());
}

// A member of a gang for what needs no sums.
class Member : public Gang {
 public:
  Member(int rank, int size) : rank_(rank), size_(size) {}
  int rank() const override { return rank_; }
  int size() const override { return size_; }
  void sum(std::span<float> /*values*/) override { ADD_FAILURE(); }
  void sum(std::span<double> /*values*/) override { ADD_FAILURE(); }

 private:
  int rank_, size_;
};

TEST_F(BatchTest, TheMembersOfAGangShareABatchWithoutGapsAndKnowTheWhole) {
  const Part& train = trial(0).fold->train;
  for (const int size : {2, 3, 5}) {
    for (std::size_t count = 1; count <= train.corpus_order.size(); ++count) {
      const auto batch = std::span(train.corpus_order).first(count);
      const ShareRows whole = rows_of(share_of(trial(0), train, batch, nullptr));
      std::vector<std::uint32_t> rows;
      std::int64_t dialogues = 0;
      for (int rank = 0; rank < size; ++rank) {
        const Member member(rank, size);
        const SlotShare share = share_of(trial(0), train, batch, &member);
        EXPECT_EQ(share.first_dialogue, dialogues);
        EXPECT_EQ(layout_of({&share, 1})->slots[0].first_dialogue, dialogues);
        dialogues += std::int64_t(share.dialogues.size());
        const ShareRows part = rows_of(share);
        EXPECT_EQ(part.batch_scored_count, whole.scored_count);
        rows.insert(rows.end(), part.rows.begin(), part.rows.end());
      }
      EXPECT_EQ(rows, whole.rows);
    }
  }
}

}  // namespace
}  // namespace mer::trainer
