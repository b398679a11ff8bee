#include "worker/extractor/bert_encoder.hpp"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

#include "core/json.hpp"
#include "data/safetensors.hpp"
#include "tests/extractor/bert_cases.hpp"
#include "tests/support/temp_dir.hpp"
#include "worker/extractor/bert_method.hpp"

namespace mer::extractor::bert {
namespace {

using testing::HasSubstr;

const std::string kGolden = MER_SOURCE_DIR "/tests/golden/extractor/bert";

// The golden model's folder, to be changed.
class BertFolderTest : public testing::Test {
 protected:
  BertFolderTest() { std::filesystem::copy(kGolden, folder_.path()); }

  std::string path() const { return folder_.path().string(); }
  void write(const std::string& name, const std::string& text) const { std::ofstream(path() + "/" + name) << text; }
  void change_config(const std::string& key, const nlohmann::json& value) const {
    nlohmann::json config = json_of(path() + "/config.json");
    config[key] = value;
    write("config.json", config.dump());
  }

  // Writes the weights anew, each under the name that `rename` gives it; "": left out.
  void rename_weights(const std::function<std::string(std::string)>& rename) const {
    const std::string file = path() + "/model.safetensors";
    const auto weights = data::SafetensorsFile::open(file);
    std::map<std::string, data::TensorView> renamed;
    for (const auto& [name, view] : weights->tensors()) {
      const std::string other = rename(name);
      if (!other.empty()) renamed[other] = view;
    }
    ASSERT_TRUE(data::write_safetensors(file, renamed, {}));
  }

  std::string problem() const {
    const auto method = make_bert(path());
    return method ? "taken" : method.error().message;
  }
  std::vector<float> features(const std::string& text) const { return *(*make_bert(path()))->features(text); }

  testing_support::TempDir folder_;
};

TEST(BertEncoderTest, FeaturesAreThoseOfTransformers) {
  const nlohmann::json golden = json_of(kGolden + "/features.json");
  ASSERT_GE(golden["texts"].size(), 50U);
  const auto method = make_bert(kGolden);
  ASSERT_TRUE(method) << method.error().message;
  EXPECT_EQ((*method)->dim(), 32);

  expect_features(**method, golden);
}

TEST(BertEncoderTest, ManyTextsAreTheSameFromSeveralThreads) {
  const auto method = *make_bert(kGolden);
  const std::vector<std::string> texts(200, "what do you know , my angry god ?");
  const auto alone = method->features_of(texts);

  std::vector<std::vector<Result<std::vector<float>>>> beside(3);
  std::vector<std::jthread> threads;
  threads.reserve(beside.size());
  for (auto& results : beside) threads.emplace_back([&] { results = method->features_of(texts); });
  threads.clear();

  for (const auto& results : beside) {
    ASSERT_EQ(results.size(), alone.size());
    for (std::size_t i = 0; i < results.size(); ++i) EXPECT_EQ(*results[i], *alone[i]);
  }
}

TEST_F(BertFolderTest, NamesOfAPretrainedModelAreTheSameModel) {
  const std::vector<float> features = this->features("hello world");

  rename_weights([](std::string name) {
    for (const auto& [now, before] :
         {std::pair("LayerNorm.weight", "LayerNorm.gamma"), std::pair("LayerNorm.bias", "LayerNorm.beta")}) {
      const std::size_t at = name.find(now);
      if (at != std::string::npos) name.replace(at, std::string::npos, before);
    }
    return "bert." + name;
  });

  EXPECT_EQ(this->features("hello world"), features);
}

TEST_F(BertFolderTest, TheActivationIsTheConfigs) {
  const std::vector<float> gelu = features("hello world");
  change_config("hidden_act", "gelu_new");
  const std::vector<float> tanh = features("hello world");
  change_config("hidden_act", "relu");
  const std::vector<float> relu = features("hello world");

  EXPECT_NE(tanh, gelu);
  EXPECT_THAT(tanh, testing::Pointwise(testing::FloatNear(0.02F), gelu));
  EXPECT_THAT(relu, testing::Not(testing::Pointwise(testing::FloatNear(0.02F), gelu)));
}

TEST_F(BertFolderTest, ATensorThatIsMissingOrMisshapenIsNamed) {
  change_config("intermediate_size", 65);
  EXPECT_THAT(problem(), HasSubstr("model.safetensors: tensor \"encoder.layer.0.intermediate.dense.weight\" has the "
                                   "shape [64, 32], expected [65, 32] as config.json says"));
  change_config("intermediate_size", 64);
  change_config("num_hidden_layers", 3);
  EXPECT_THAT(problem(), HasSubstr("tensor \"encoder.layer.2.attention.self.query.weight\" is missing"));
  change_config("num_hidden_layers", 2);
  rename_weights([](const std::string& name) { return name == "embeddings.LayerNorm.bias" ? "" : name; });
  EXPECT_THAT(problem(), HasSubstr("tensor \"embeddings.LayerNorm.bias\" is missing"));
}

TEST_F(BertFolderTest, AFileThatIsNotThereIsNamed) {
  std::filesystem::remove(path() + "/vocab.txt");
  EXPECT_THAT(problem(), HasSubstr(path() + ": has no vocab.txt, expected the folder of a BERT model"));

  std::filesystem::remove(path() + "/config.json");
  EXPECT_THAT(problem(), HasSubstr(path() + ": has no config.json, expected the folder of a BERT model"));

  std::filesystem::remove_all(path());
  EXPECT_THAT(problem(), HasSubstr(path() + ": is no folder, expected that of a BERT model"));
}

TEST_F(BertFolderTest, ACorruptFileIsNamed) {
  std::filesystem::resize_file(path() + "/model.safetensors", 5000);

  EXPECT_THAT(problem(), HasSubstr("/model.safetensors: "));
}

TEST_F(BertFolderTest, AVocabularyThatIsLargerThanTheModelsIsAnError) {
  write("vocab.txt", text_of(kGolden + "/vocab.txt") + "more\n");

  EXPECT_THAT(problem(), HasSubstr("vocab.txt: has 213 tokens, but"));
}

TEST_F(BertFolderTest, PickledWeightsAreNotReadButTheWayOutIsSaid) {
  std::filesystem::remove(path() + "/model.safetensors");
  EXPECT_THAT(problem(), HasSubstr("has no model.safetensors, the weights of a BERT model of Hugging Face"));

  write("pytorch_model.bin", "pickled");

  EXPECT_THAT(problem(),
              HasSubstr("has no model.safetensors, and mer reads no \"pytorch_model.bin\". To convert it, in "
                        "Python: import transformers; transformers.BertModel.from_pretrained(DIR)"
                        ".save_pretrained(DIR"));
}

TEST_F(BertFolderTest, AModelIsKnownByItsFiles) {
  const auto hash = [&] { return open_folder(path())->hash; };
  const std::string before = hash();
  EXPECT_EQ(hash(), before);

  write("tokenizer_config.json", R"({"do_lower_case":false})");

  EXPECT_NE(hash(), before);
}

TEST_F(BertFolderTest, WithoutATokenizerConfigTextsAreInLowerCase) {
  const std::vector<float> features = this->features("HELLO World");
  std::filesystem::remove(path() + "/tokenizer_config.json");

  EXPECT_EQ(this->features("hello world"), features);
}

}  // namespace
}  // namespace mer::extractor::bert
