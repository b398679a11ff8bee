#include "core/trial.hpp"

#include <gtest/gtest.h>
#include <set>
#include <vector>

#include "core/json.hpp"
#include "core/shape.hpp"

namespace mer {
namespace {

using nlohmann::json;

TrialSpec some_spec() {
  TrialSpec spec;
  spec.configuration = {"c0"};
  spec.fold = {"f0"};
  spec.corpus = {"k0"};
  spec.fold_name = "session-5";
  spec.seed = 3;
  spec.train.epochs = 5;
  spec.id = trial_id_of(spec);
  return spec;
}

TEST(TrialTest, TheIdCoversWhatDecidesTheNumbers) {
  std::set<TrialId> ids = {some_spec().id};
  const auto add = [&](auto change) {
    TrialSpec spec = some_spec();
    change(spec);
    ids.insert(trial_id_of(spec));
  };

  add([](TrialSpec& spec) { spec.fold = {"f1"}; });
  add([](TrialSpec& spec) { spec.corpus = {"k1"}; });
  add([](TrialSpec& spec) { spec.seed = 4; });
  add([](TrialSpec& spec) { spec.model.alpha = 0.2; });
  add([](TrialSpec& spec) { spec.train.learning_rate = 1e-3; });
  add([](TrialSpec& spec) { spec.model.subspace = std::nullopt; });

  EXPECT_EQ(ids.size(), 7U);
}

TEST(TrialTest, TheIdLeavesOutNamesAndConfiguration) {
  TrialSpec spec = some_spec();
  spec.id = {"other"};
  spec.configuration = {"other"};
  spec.fold_name = "other";

  EXPECT_EQ(trial_id_of(spec), some_spec().id);
}

// Stored results are found by this id: it must not change from one version to the next.
TEST(TrialTest, TheIdIsStable) {
  EXPECT_EQ(some_spec().id.hex, "742c685b94b6533015539665a39a61a5");
}

TEST(TrialTest, AStackJobGoesThroughJsonText) {
  StackJob job;
  job.store = "/store";
  job.corpus_path = "/corpus";
  job.device = DeviceChoice::cuda;
  job.gpu_fraction = 0.25;
  job.broadcast_features = true;
  job.threads = 2;
  job.checkpoint_seconds = 0.5;
  job.record_representations = true;
  job.gang = 3;
  job.gang_rank = 2;
  job.trials.resize(2);
  job.trials[0].spec = some_spec();
  job.trials[0].attempt = 4;
  job.trials[0].resume = {{some_spec().id, 3, 7, "checkpoints/x/3-7.safetensors", std::string(64, 'a'), 1 << 20}};
  job.trials[1].spec = some_spec();
  job.trials[1].spec.seed = (std::uint64_t{1} << 53) - 1;

  const std::string text = json(job).dump();

  EXPECT_EQ(json::parse(text).get<StackJob>(), job);
}

TEST(TrialTest, StateNamesGoThereAndBack) {
  for (const TrialState state : {TrialState::pending, TrialState::running, TrialState::done, TrialState::failed,
                                 TrialState::diverged, TrialState::cancelled}) {
    EXPECT_EQ(trial_state_from(name_of(state)), state);
  }
  EXPECT_FALSE(trial_state_from("queued"));
  EXPECT_STREQ(name_of(DeviceChoice::automatic), "auto");
}

TEST(Shape, IsTheSameExactlyWhereTheKeysAre) {
  TrialSpec base;
  base.corpus.hex = "c";
  std::vector<TrialSpec> all(7, base);
  all[1].model.dropout += 0.1;
  all[2].model.alpha += 0.1;
  all[3].train.learning_rate *= 2;
  all[4].model.hidden += 1;
  all[5].corpus.hex = "d";
  all[6].train.dtype = base.train.dtype == Dtype::float32 ? Dtype::float64 : Dtype::float32;
  for (const TrialSpec& a : all) {
    for (const TrialSpec& b : all) EXPECT_EQ(same_shape(a, b), shape_key_of(a) == shape_key_of(b));
  }
}

// Another value of the same type.
nlohmann::json changed(const nlohmann::json& value) {
  if (value.is_boolean()) return !value.get<bool>();
  if (value.is_number_integer()) return value.get<std::int64_t>() + 1;
  if (value.is_number()) return value.get<double>() / 2;
  return value == "auto" ? "cpu" : value.get<std::string>() + "x";
}

TEST(SameStack, EveryFieldOfAJobButItsTrialsDecides) {
  StackJob job;
  job.trials.resize(1);
  const nlohmann::json whole = job;
  ASSERT_TRUE(same_stack(job, job));
  for (const auto& [key, value] : whole.items()) {
    if (key == "trials") continue;
    nlohmann::json other = whole;
    other[key] = changed(value);
    EXPECT_FALSE(same_stack(job, other.get<StackJob>())) << key;
  }
}

TEST(SameStack, TrialsOfAnotherShapeAreAnotherStack) {
  StackJob one;
  one.trials.resize(1);
  StackJob other = one;
  other.trials[0].spec.seed = 7;
  other.trials.resize(3);
  EXPECT_TRUE(same_stack(one, other));
  other.trials[0].spec.model.hidden += 20;
  EXPECT_FALSE(same_stack(one, other));
}

}  // namespace
}  // namespace mer
