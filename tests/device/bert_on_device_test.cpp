#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/json.hpp"
#include "tests/device/test_device.hpp"
#include "tests/extractor/bert_cases.hpp"
#include "tests/support/temp_dir.hpp"
#include "worker/extractor/bert_method.hpp"

namespace mer::extractor::bert {
namespace {

const std::string kGolden = MER_SOURCE_DIR "/tests/golden/extractor/bert";

class BertOnDevice : public testing::Test {
 protected:
  void SetUp() override {
    auto device = model::open_test_device();
    if (!device) GTEST_SKIP() << device.error().message;
    device_ = std::move(device).value();
  }

  std::unique_ptr<const Method> method(const std::string& folder) const {
    auto made = make_bert(folder, device_);
    EXPECT_TRUE(made.ok()) << made.error().message;
    return std::move(made).value();
  }

  std::shared_ptr<grid::Runtime> device_;
};

TEST_F(BertOnDevice, FeaturesAreThoseOfTransformers) {
  const auto bert = method(kGolden);

  EXPECT_EQ(bert->versions()["gpu"], device_->name());
  expect_features(*bert, json_of(kGolden + "/features.json"));
}

TEST_F(BertOnDevice, EveryActivationIsThatOfTheCpu) {
  const testing_support::TempDir folder;
  std::filesystem::copy(kGolden, folder.path());
  const std::string path = folder.path().string();
  nlohmann::json config = json_of(path + "/config.json");
  for (const char* activation : {"gelu", "gelu_new", "relu"}) {
    config["hidden_act"] = activation;
    std::ofstream(path + "/config.json") << config.dump();
    const auto here = (*make_bert(path))->features("hello world , you know ?");
    const auto there = method(path)->features("hello world , you know ?");
    for (std::size_t i = 0; i < here->size(); ++i) EXPECT_NEAR((*there)[i], (*here)[i], 1e-5) << activation << i;
  }
}

TEST_F(BertOnDevice, SeveralThreadsTakeTurns) {
  const auto bert = method(kGolden);
  const std::vector<std::string> texts(40, "what do you know , my angry god ?");
  const auto alone = bert->features_of(texts);

  std::vector<std::vector<Result<std::vector<float>>>> beside(3);
  {
    std::vector<std::jthread> threads;
    for (auto& results : beside) threads.emplace_back([&] { results = bert->features_of(texts); });
  }
  for (const auto& results : beside) {
    ASSERT_EQ(results.size(), alone.size());
    for (std::size_t i = 0; i < results.size(); ++i) EXPECT_EQ(*results[i], *alone[i]);
  }
}

}  // namespace
}  // namespace mer::extractor::bert
