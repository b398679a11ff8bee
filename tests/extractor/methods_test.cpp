#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/json.hpp"
#include "data/feature_methods.hpp"
#include "tests/extractor/fake_package.hpp"
#include "worker/extractor/method.hpp"

namespace mer::extractor {
namespace {

using testing::HasSubstr;

TEST(MethodsTest, EveryMethodSaysWhatDecidesItsNumbers) {
  const FakePackage package;
  for (const Method::Input input : {Method::Input::audio, Method::Input::text}) {
    for (const std::string& name : method_names(input)) {
      const std::string model = name == "bert" ? MER_SOURCE_DIR "/tests/golden/extractor/bert" : "";
      const std::string opensmile = name == "compare2016" || name == "egemaps" ? package.folder() : "";
      const auto method =
          method_named(input, name, {.model = model, .opensmile = opensmile, .programs = MER_BINARY_DIR "/bin"});

      ASSERT_TRUE(method) << method.error().message;
      EXPECT_GT((*method)->dim(), 0) << name;
      EXPECT_FALSE((*method)->parameters().empty()) << name;
      EXPECT_FALSE((*method)->versions().empty()) << name;
    }
  }
}

TEST(MethodsTest, AreThoseThatMerctlOffers) {
  EXPECT_EQ(method_names(Method::Input::audio), data::kAudioMethods);
  EXPECT_EQ(method_names(Method::Input::text), data::kTextMethods);
}

TEST(MethodsTest, AnUnknownNameIsAnsweredWithThoseThatThereAre) {
  const auto method = method_named(Method::Input::audio, "hash", {});

  ASSERT_FALSE(method);
  EXPECT_THAT(method.error().message, HasSubstr("--audio \"hash\" is no method, expected one of \"mfcc\", \"logmel\""));
}

TEST(MethodsTest, OnlyAMethodThatHasAModelWantsItsFolder) {
  const auto without = method_named(Method::Input::text, "bert", {});
  const auto with = method_named(Method::Input::text, "hash", {.model = "folder"});

  ASSERT_FALSE(without);
  EXPECT_THAT(without.error().message, HasSubstr("--text bert wants a model: --model and its folder"));
  ASSERT_FALSE(with);
  EXPECT_THAT(with.error().message, HasSubstr("--text hash has no model: leave out --model"));
}

TEST(MethodsTest, OnlyAMethodByOpenSmileTakesItsFolder) {
  const auto method = method_named(Method::Input::audio, "mfcc", {.opensmile = "folder"});

  ASSERT_FALSE(method);
  EXPECT_THAT(method.error().message, HasSubstr("--audio mfcc is not computed by openSMILE: leave out --opensmile"));
}

}  // namespace
}  // namespace mer::extractor
