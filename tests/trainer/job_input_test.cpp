#include "worker/trainer/job_input.hpp"

#include <fstream>
#include <gtest/gtest.h>

#include "tests/trainer/tiny_study.hpp"

namespace mer::trainer {
namespace {

std::unique_ptr<JobInput> opened(const TinyStudy& study) {
  return JobInput::open(study.job({study.trial(0)})).value();
}

TEST(JobInputTest, LoadsEachFoldOnceAndItsParts) {
  const TinyStudy study;
  const auto input = opened(study);

  const TrialInput first = input->load(study.trial(0)).value();
  const TrialInput second = input->load(study.trial(1)).value();

  EXPECT_EQ(first.fold, second.fold);
  EXPECT_EQ(first.modalities[0].standardise, second.modalities[0].standardise);
  EXPECT_EQ(first.modalities[1].standardise, nullptr);
  EXPECT_EQ(first.fold->test.rows, study.folds()[0].test);
  EXPECT_FALSE(first.fold->validation.empty());
  EXPECT_EQ(input->labels().size(), study.corpus().utterances.size());
}

TEST(JobInputTest, AMissingFoldIsNamed) {
  const TinyStudy study;
  TrialJob lost = study.trial(0);
  lost.spec.fold.hex = std::string(32, '0');

  const auto trial = opened(study)->load(lost);

  ASSERT_FALSE(trial.ok());
  EXPECT_NE(trial.error().message.find(lost.spec.fold.hex), std::string::npos);
}

TEST(JobInputTest, AFoldFileWithAnotherFoldsContentIsRefused) {
  const TinyStudy study;
  const std::string folds = study.store() + "/folds/";
  std::filesystem::copy_file(folds + study.folds()[1].id.hex + ".json", folds + study.folds()[0].id.hex + ".json",
                             std::filesystem::copy_options::overwrite_existing);

  const auto trial = opened(study)->load(study.trial(0));

  ASSERT_FALSE(trial.ok());
  EXPECT_EQ(trial.error().code, ErrorCode::corrupt);
}

TEST(JobInputTest, AChangedCorpusIsRefused) {
  const TinyStudy study;
  TrialJob job = study.trial(0);
  job.spec.corpus.hex = std::string(32, 'a');

  const auto trial = opened(study)->load(job);

  ASSERT_FALSE(trial.ok());
  EXPECT_NE(trial.error().message.find("content hash"), std::string::npos);
}

TEST(JobInputTest, TrialsOfAnotherShapeDoNotShareTheStack) {
  const TinyStudy study;
  const auto input = opened(study);
  TrialJob wide = study.trial(0), sgd = study.trial(0), other_rates = study.trial(2);
  wide.spec.model.hidden = 16;
  sgd.spec.train.optimizer = OptimizerKind::sgd;
  other_rates.spec.model.dropout = 0.5;
  other_rates.spec.model.alpha = 0;
  other_rates.spec.train.learning_rate = 1;
  const TrialJob first = study.trial(1);

  EXPECT_TRUE(input->load(first).ok());
  EXPECT_TRUE(input->load(other_rates).ok());
  for (const TrialJob& misfit : {wide, sgd}) {
    const auto trial = input->load(misfit);
    ASSERT_FALSE(trial.ok());
    EXPECT_NE(trial.error().message.find(first.spec.id.hex), std::string::npos);
  }
}

TEST(JobInputTest, ATrialThatIsRefusedDoesNotDecideTheShape) {
  const TinyStudy study;
  const auto input = opened(study);
  TrialJob wide = study.trial(0);
  wide.spec.model.hidden = 16;
  wide.spec.fold.hex = std::string(32, '0');

  EXPECT_FALSE(input->load(wide).ok());
  EXPECT_TRUE(input->load(study.trial(1)).ok());
}

TEST(JobInputTest, AMissingModalityIsNamed) {
  const TinyStudy study;
  TrialJob job = study.trial(0);
  job.spec.model.modalities = {"audio", "video"};

  const auto trial = opened(study)->load(job);

  ASSERT_FALSE(trial.ok());
  EXPECT_NE(trial.error().message.find("video"), std::string::npos);
}

}  // namespace
}  // namespace mer::trainer
