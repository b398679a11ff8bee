#include "worker/trainer/job_input.hpp"

#include <fstream>
#include <gtest/gtest.h>

#include "tests/trainer/tiny_study.hpp"

namespace mer::trainer {
namespace {

TEST(JobInputTest, LoadsEachFoldOnceAndItsParts) {
  const TinyStudy study;

  const auto input = load_job_input(study.job({study.trial(0), study.trial(1)})).value();

  ASSERT_EQ(input->trials.size(), 2U);
  EXPECT_TRUE(input->refused.empty());
  EXPECT_EQ(input->trials[0].fold, input->trials[1].fold);
  EXPECT_EQ(input->trials[0].modalities[0].standardise, input->trials[1].modalities[0].standardise);
  EXPECT_EQ(input->trials[0].modalities[1].standardise, nullptr);
  const FoldInput& fold = *input->trials[0].fold;
  EXPECT_EQ(fold.test.rows, study.folds()[0].test);
  EXPECT_FALSE(fold.validation.empty());
}

TEST(JobInputTest, AMissingFoldCostsOnlyItsTrials) {
  const TinyStudy study;
  TrialJob lost = study.trial(0);
  lost.spec.fold.hex = std::string(32, '0');

  const auto input = load_job_input(study.job({lost, study.trial(1)})).value();

  ASSERT_EQ(input->trials.size(), 1U);
  ASSERT_EQ(input->refused.size(), 1U);
  EXPECT_EQ(input->refused[0].trial, trial_id_of(lost.spec));
  EXPECT_NE(input->refused[0].error.message.find(lost.spec.fold.hex), std::string::npos);
}

TEST(JobInputTest, AFoldFileWithAnotherFoldsContentIsRefused) {
  const TinyStudy study;
  const std::string folds = study.store() + "/folds/";
  std::filesystem::copy_file(folds + study.folds()[1].id.hex + ".json", folds + study.folds()[0].id.hex + ".json",
                             std::filesystem::copy_options::overwrite_existing);

  const auto input = load_job_input(study.job({study.trial(0)})).value();

  EXPECT_TRUE(input->trials.empty());
  ASSERT_EQ(input->refused.size(), 1U);
  EXPECT_EQ(input->refused[0].error.code, ErrorCode::corrupt);
}

TEST(JobInputTest, AChangedCorpusIsRefused) {
  const TinyStudy study;
  TrialJob trial = study.trial(0);
  trial.spec.corpus.hex = std::string(32, 'a');

  const auto input = load_job_input(study.job({trial})).value();

  ASSERT_EQ(input->refused.size(), 1U);
  EXPECT_NE(input->refused[0].error.message.find("content hash"), std::string::npos);
}

TEST(JobInputTest, TrialsOfAnotherShapeDoNotShareTheStack) {
  const TinyStudy study;
  TrialJob wide = study.trial(0), other_rates = study.trial(2);
  wide.spec.model.hidden = 16;
  other_rates.spec.model.dropout = 0.5;
  other_rates.spec.model.alpha = 0;
  other_rates.spec.train.learning_rate = 1;

  const auto input = load_job_input(study.job({study.trial(1), wide, other_rates})).value();

  ASSERT_EQ(input->refused.size(), 1U);
  EXPECT_EQ(input->refused[0].trial, trial_id_of(wide.spec));
  EXPECT_EQ(input->trials.size(), 2U);
}

TEST(JobInputTest, CudaWithoutAGpuIsAnErrorThatSaysWhatToDo) {
  const TinyStudy study;
  StackJob job = study.job({study.trial(0)});
  job.device = DeviceChoice::cuda;

  const auto input = load_job_input(job);

  ASSERT_FALSE(input.ok());
  EXPECT_NE(input.error().message.find("resources.device"), std::string::npos);
}

TEST(JobInputTest, AMissingModalityIsNamed) {
  const TinyStudy study;
  TrialJob trial = study.trial(0);
  trial.spec.model.modalities = {"audio", "video"};

  const auto input = load_job_input(study.job({trial})).value();

  ASSERT_EQ(input->refused.size(), 1U);
  EXPECT_NE(input->refused[0].error.message.find("video"), std::string::npos);
}

}  // namespace
}  // namespace mer::trainer
