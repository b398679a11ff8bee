#include "core/settings.hpp"

#include <gtest/gtest.h>

#include "core/json.hpp"

namespace mer {
namespace {

using nlohmann::json;

ModelSettings changed_model() {
  ModelSettings model;
  model.modalities = {"text"};
  model.hidden = 64;
  model.recurrent = Recurrent::bilstm;
  model.self_attention_form = AttentionForm::bilinear;
  model.similarity_norm = SimilarityNorm::squared_l2;
  model.auxiliary_loss = std::nullopt;
  model.subspace = std::nullopt;
  model.cross_attention = false;
  return model;
}

TEST(SettingsTest, JsonGoesThereAndBack) {
  EXPECT_EQ(json(ModelSettings()).get<ModelSettings>(), ModelSettings());
  EXPECT_EQ(json(changed_model()).get<ModelSettings>(), changed_model());
  EXPECT_EQ(json(TrainSettings()).get<TrainSettings>(), TrainSettings());
}

TEST(SettingsTest, NamesAreThoseOfSweepFiles) {
  const json model = changed_model();

  EXPECT_EQ(model["recurrent"], "bilstm");
  EXPECT_EQ(model["self_attention_form"], "bilinear");
  EXPECT_EQ(model["similarity_norm"], "squared-l2");
  EXPECT_EQ(model["auxiliary_loss"], "n/a");
  EXPECT_EQ(model["cross_attention"], false);
  EXPECT_EQ(to_string(AttentionForm::multi_head), "multi-head");
  EXPECT_EQ(to_string(OptimizerKind::adamw), "adamw");
  EXPECT_EQ(to_string(Dtype::float64), "float64");
}

TEST(SettingsTest, WithoutDefaultsKeepsOnlyChanges) {
  TrainSettings train;
  train.epochs = 5;

  EXPECT_EQ(without_defaults(train, TrainSettings()), json::parse(R"({"epochs": 5})"));
  EXPECT_EQ(without_defaults(ModelSettings(), ModelSettings()), json::object());
}

TEST(SettingsTest, WrongValuesThrow) {
  json train = TrainSettings();
  train["epochs"] = 1.5;
  EXPECT_THROW((void)train.get<TrainSettings>(), std::exception);

  train["epochs"] = std::int64_t{1} << 40;
  EXPECT_THROW((void)train.get<TrainSettings>(), std::exception);

  train = TrainSettings();
  train["optimizer"] = "adamm";
  EXPECT_THROW((void)train.get<TrainSettings>(), std::exception);
}

}  // namespace
}  // namespace mer
