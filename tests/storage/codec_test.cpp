#include "storage/codec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>

namespace mer::storage {
namespace {

using testing::HasSubstr;

TEST(CodecTest, AConfusionMatrixIsRowMajorUint32) {
  ConfusionMatrix matrix(2);
  matrix.at(0, 1) = 258;

  const std::string bytes = pack_confusion(matrix).value();

  EXPECT_EQ(bytes, (std::string{0, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(unpack_confusion(bytes).value(), matrix);
  EXPECT_EQ(unpack_confusion("").value(), ConfusionMatrix());
}

TEST(CodecTest, AConfusionMatrixThatCannotBeKeptIsInvalid) {
  ConfusionMatrix negative(1);
  negative.at(0, 0) = -1;
  ConfusionMatrix huge(1);
  huge.at(0, 0) = std::int64_t{1} << 32;
  ConfusionMatrix misshapen(2);
  misshapen.counts.pop_back();

  EXPECT_EQ(pack_confusion(negative).error().code, ErrorCode::invalid);
  EXPECT_EQ(pack_confusion(huge).error().code, ErrorCode::invalid);
  EXPECT_EQ(pack_confusion(misshapen).error().code, ErrorCode::invalid);
}

TEST(CodecTest, BytesThatAreNoMatrixAreCorrupt) {
  EXPECT_EQ(unpack_confusion(std::string(5, 'x')).error().code, ErrorCode::corrupt);
  EXPECT_EQ(unpack_confusion(std::string(8, 'x')).error().code, ErrorCode::corrupt);  // 2 is not a square
  EXPECT_EQ(unpack_floats("abc").error().code, ErrorCode::corrupt);
}

TEST(CodecTest, DoublesAreJsonThatKeepsEveryKind) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();

  EXPECT_EQ(doubles_to_json({0.1, -0.0, std::numeric_limits<double>::quiet_NaN(), kInfinity, -kInfinity}),
            R"([0.1,-0.0,"nan","inf","-inf"])");
  EXPECT_EQ(doubles_to_json(doubles_from_json(R"([0.1,-0.0,"nan","inf","-inf"])").value()),
            R"([0.1,-0.0,"nan","inf","-inf"])");
  EXPECT_EQ(doubles_from_json("[\"what\"]").error().code, ErrorCode::corrupt);
  EXPECT_EQ(doubles_from_json("{").error().code, ErrorCode::corrupt);
  EXPECT_EQ(doubles_from_json("[[1]]").error().code, ErrorCode::corrupt);
}

TEST(CodecTest, KindsComeBackAndOthersAreCorrupt) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();

  EXPECT_EQ(kinds_to_json({{"total", -kInfinity}, {"task", -0.0}}), R"({"task":"-0","total":"-inf"})");
  EXPECT_EQ(kinds_from_json(R"({"total":"inf"})").value(), (std::map<std::string, double>{{"total", kInfinity}}));
  for (const char* text : {"x", "[1]", R"({"total":1})", R"({"total":"what"})"}) {
    EXPECT_EQ(kinds_from_json(text).error().code, ErrorCode::corrupt) << text;
  }
}

TEST(CodecTest, NoProbabilitiesAreNoBytes) {
  EXPECT_EQ(pack_floats({}), "");
  EXPECT_TRUE(unpack_floats("").value().empty());
}

TEST(CodecTest, AStringThatIsNotUtf8DoesNotThrow) {
  const std::string text = strings_to_json({"good", std::string("\xff bad")});

  EXPECT_EQ(strings_from_json(text).value(), (std::vector<std::string>{"good", "\xEF\xBF\xBD bad"}));
}

TEST(CodecTest, SettingsComeBack) {
  ModelSettings model;
  model.modalities = {"audio"};
  model.subspace = std::nullopt;
  model.alpha = 0.3;
  TrainSettings train;
  train.learning_rate = 1e-3;

  EXPECT_EQ(model_from_json(model_to_json(model)).value(), model);
  EXPECT_EQ(train_from_json(train_to_json(train)).value(), train);
  EXPECT_EQ(model_from_json("[]").error().code, ErrorCode::corrupt);
}

TEST(CodecTest, AProfileComesBackAndAnAbsentOneIsZero) {
  const Profile profile{1200, {0.5, 1.5, 0.25, 3, 0.75, 2, 0.125, 1e-9}};

  EXPECT_EQ(profile_from_json(profile_to_json(profile)).value(), profile);
  EXPECT_EQ(profile_from_json("{}").value(), Profile());
  EXPECT_EQ(profile_from_json(R"({"forward":"fast"})").error().code, ErrorCode::corrupt);
}

TEST(CodecTest, AConfigurationIsWrittenAsInASweepFile) {
  Configuration configuration;
  configuration.corpus = {"", "msp-improv", 7};
  configuration.folds.validation = ValidationKind::dialogues;
  configuration.folds.validation_fraction = 0.1;

  const std::string text = settings_to_json(configuration);

  EXPECT_THAT(text, HasSubstr(R"("corpus":{"seed":7,"synthetic":"msp-improv"})"));
  EXPECT_THAT(text, HasSubstr(R"("validation":{"dialogues":0.1})"));
  EXPECT_THAT(text, HasSubstr(R"("hidden":100)"));

  configuration.corpus = {"/corpora/small", "", 0};
  configuration.folds = {};
  configuration.folds.scheme = FoldSchemeKind::session_holdout;
  configuration.folds.test = "5";
  configuration.folds.file = "folds.json";
  const std::string other = settings_to_json(configuration);
  EXPECT_THAT(other, HasSubstr(R"("corpus":{"path":"/corpora/small"})"));
  EXPECT_THAT(other, HasSubstr(R"("file":"folds.json")"));
  EXPECT_THAT(other, HasSubstr(R"("test":"5")"));
}

}  // namespace
}  // namespace mer::storage
