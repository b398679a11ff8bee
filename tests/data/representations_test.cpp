#include "data/representations.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "data/safetensors.hpp"
#include "tests/data/data_support.hpp"

namespace mer::data {
namespace {

using testing::HasSubstr;

const TrialId kTrial{"0123456789abcdef0123456789abcdef"};

// The file of a trial with two modalities, and what a test changes of it.
struct Kept {
  std::map<std::string, std::string> metadata = {
      {"format", "mer-representations-1"}, {"trial", kTrial.hex}, {"attempt", "2"}, {"epoch", "7"}};
  std::vector<std::int64_t> utterances = {3, 5, 8};
  std::vector<std::int64_t> shape = {3, 2};
  std::map<std::string, std::vector<float>> floats = {{"public.audio", {0, 1, 2, 3, 4, 5}},
                                                      {"public.text", {1, 1, 1, 1, 1, 1}},
                                                      {"unique.audio", {0, 0, 0, 0, 0, 0.5}},
                                                      {"unique.text", {9, 8, 7, 6, 5, 4}},
                                                      {"context.audio", {0, 0, 0, 0, 0, 0}}};
  std::vector<double> doubles = {};  // in place of public.audio
  std::vector<float> narrow = {};    // in place of unique.text, one wide
};

template <class T>
TensorView view(TensorType type, const std::vector<T>& values, std::vector<std::int64_t> shape) {
  return {type, std::move(shape), std::as_bytes(std::span(values))};
}

class RepresentationsTest : public testing::Test {
 protected:
  Result<Representations> read(const Kept& kept) {
    std::map<std::string, TensorView> tensors;
    for (const auto& [name, values] : kept.floats) tensors[name] = view(TensorType::f32, values, kept.shape);
    if (!kept.doubles.empty()) tensors["public.audio"] = view(TensorType::f64, kept.doubles, kept.shape);
    if (!kept.narrow.empty()) tensors["unique.text"] = view(TensorType::f32, kept.narrow, {3, 1});
    tensors["utterance"] = view(TensorType::i64, kept.utterances, {std::int64_t(kept.utterances.size())});
    EXPECT_TRUE(write_safetensors(path_, tensors, kept.metadata).ok());
    return read_representations(path_, kTrial, 2);
  }

  void expect_corrupt(const Kept& kept, const std::string& said) {
    const auto found = read(kept);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, ErrorCode::corrupt);
    EXPECT_THAT(found.error().message, HasSubstr(said));
    EXPECT_THAT(found.error().message, HasSubstr(path_));
  }

  TemporaryFolder folder_;
  std::string path_ = folder_.file("2.safetensors");
};

TEST_F(RepresentationsTest, HoldsThePublicOnesThenTheUniqueOnesByModality) {
  const auto found = read({});

  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->epoch, 7);
  EXPECT_EQ(found->utterances, (std::vector<std::int64_t>{3, 5, 8}));
  std::vector<std::string> names;
  for (const RepresentationGroup& group : found->groups) names.push_back(group.space + " " + group.modality);
  EXPECT_EQ(names, (std::vector<std::string>{"public audio", "public text", "unique audio", "unique text"}));
  EXPECT_EQ(found->groups[3].points, (stats::Points{2, {9, 8, 7, 6, 5, 4}}));
}

TEST_F(RepresentationsTest, ModelsInDoubleAreReadToo) {
  const auto found = read({.doubles = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6}});

  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->groups[0].points.at(0, 0), 0.1);
}

TEST_F(RepresentationsTest, ATrialThatHasKeptNoneSaysWhichKeyOfTheSweepFileKeepsThem) {
  const auto found = read_representations(folder_.file("absent"), kTrial, 2);

  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::not_found);
  EXPECT_THAT(found.error().message, HasSubstr("\"record\": {\"representations\": true}"));
  EXPECT_THAT(found.error().message, testing::Not(HasSubstr(folder_.path())));
}

TEST_F(RepresentationsTest, AModelWithoutSubspacesHasNone) {
  const auto found = read({.floats = {{"context.audio", {0, 0, 0, 0, 0, 0}}}});

  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::not_found);
  EXPECT_THAT(found.error().message, HasSubstr("model.subspace is off"));
}

TEST_F(RepresentationsTest, FilesOfAnotherTrialAttemptOrFormatAreRefused) {
  for (const auto& [key, value] :
       {std::pair("format", "mer-representations-9"), {"trial", "ff"}, {"attempt", "1"}, {"epoch", "7x"}}) {
    Kept kept;
    kept.metadata[key] = value;
    expect_corrupt(kept, std::string(key) + " is \"" + value + "\"");
  }
}

TEST_F(RepresentationsTest, RowsThatDoNotAscendAreRefused) {
  expect_corrupt({.utterances = {3, 3, 8}}, "3 at place 1");
  expect_corrupt({.utterances = {-1, 3, 8}}, "-1 at place 0");
}

TEST_F(RepresentationsTest, TensorsOfAnotherShapeAreRefused) {
  expect_corrupt({.utterances = {3, 5}}, "expected floating-point numbers [2, width]");
  expect_corrupt({.shape = {6}}, "expected floating-point numbers [3, width]");
  expect_corrupt({.narrow = {1, 2, 3}}, "is 1 wide, expected 2");
}

TEST_F(RepresentationsTest, NumbersThatAreNotFiniteAreRefused) {
  Kept kept;
  kept.floats["unique.audio"][3] = std::numeric_limits<float>::infinity();
  expect_corrupt(kept, "tensor \"unique.audio\": row 1 is not finite");
}

}  // namespace
}  // namespace mer::data
