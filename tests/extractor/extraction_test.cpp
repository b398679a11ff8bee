#include "worker/extractor/extraction.hpp"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>
#include <utility>

#include "core/json.hpp"
#include "data/corpus.hpp"
#include "tests/support/temp_dir.hpp"

namespace mer::extractor {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

// The number of letters, and a setting that is added to it.
class Letters : public Method {
 public:
  explicit Letters(int added = 0) : added_(added) {}
  int dim() const override { return 1; }
  json parameters() const override { return {{"added", added_}}; }
  json versions() const override { return {{"letters", "1"}}; }
  Result<std::vector<float>> features(std::string_view input) const override {
    ++calls;
    if (input == "bad") return invalid("is bad");
    if (input == "infinite") return std::vector<float>{1e30F * 1e30F};
    return std::vector<float>{float(int(input.size()) + added_)};
  }

  mutable std::atomic<int> calls = 0;

 private:
  int added_;
};

// Two at a time; each number is that of the letters of both.
class Pairs : public Letters {
 public:
  std::size_t inputs_at_once() const override { return 2; }
  std::vector<Result<std::vector<float>>> features_of(std::span<const std::string> inputs) const override {
    std::size_t letters = 0;
    for (const std::string& input : inputs) letters += input.size();
    std::vector<Result<std::vector<float>>> results;
    for (const std::string& input : inputs) {
      const auto checked = features(input);
      results.push_back(checked ? std::vector<float>{float(letters)} : checked);
    }
    return results;
  }
};

class Quiet : public Listener {
 public:
  void say(const std::string& line) override { said += line + "\n"; }
  void show(const Progress& progress) override { last = progress; }
  bool stop() override { return stopped; }

  std::string said;
  Progress last;
  bool stopped = false;
};

class ExtractionTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(folder_.path() / "features");
    std::ofstream(folder_.path() / "utterances.csv") << "utterance,dialogue,turn,session,speaker,label\n"
                                                        "u0,d,0,s,a,x\nu1,d,1,s,b,y\nu2,d,2,s,a,x\n";
    std::ofstream(folder_.path() / "corpus.json")
        << R"({"format": 1, "name": "c", "labels": ["x", "y"], "utterances": 3, "modalities": {}, "licence": "mine"})";
    recordings_.root = "raw";
    for (const char* text : {"one", "three", ""}) {
      recordings_.rows.push_back({"u" + std::to_string(recordings_.rows.size()), "u.wav", 1.0, text});
    }
  }

  Result<Outcome> run(const Method& method, bool replace = false, const std::string& name = "letters") {
    return extract({.folder = folder_.path().string(),
                    .modality = "text",
                    .input = Method::Input::text,
                    .method = name,
                    .jobs = 2,
                    .replace = replace},
                   method, recordings_, listener_);
  }
  Outcome ended(const Method& method, bool replace = false) {
    const Result<Outcome> outcome = run(method, replace);
    EXPECT_TRUE(outcome) << outcome.error().message;
    return outcome ? *outcome : Outcome();
  }

  json corpus_json() const { return json::parse(std::ifstream(folder_.path() / "corpus.json")); }
  std::vector<float> features() const {
    const auto corpus = data::load_corpus(folder_.path().string());
    EXPECT_TRUE(corpus) << corpus.error().message;
    if (!corpus) return {};
    const auto values = corpus->find("text")->values;
    return {values.begin(), values.end()};
  }

  testing_support::TempDir folder_;
  data::Recordings recordings_;
  Quiet listener_;
};

TEST_F(ExtractionTest, TheCorpusNamesTheFeaturesAndSaysHowTheyWereMade) {
  const Outcome outcome = ended(Letters(1));

  EXPECT_EQ(outcome.end, Outcome::End::written);
  EXPECT_EQ(outcome.computed, 3U);
  EXPECT_THAT(features(), ElementsAre(4, 6, 1));
  const json corpus = corpus_json();
  EXPECT_EQ(corpus["licence"], "mine");
  EXPECT_EQ(corpus["modalities"], json::parse(R"({"text": {"dim": 1, "file": "features/text.safetensors"}})"));
  const json& made = corpus["features"]["text"];
  EXPECT_EQ(made["method"], "letters");
  EXPECT_EQ(made["parameters"], json::parse(R"({"added": 1})"));
  EXPECT_EQ(made["versions"]["letters"], "1");
  EXPECT_TRUE(made["versions"].contains("mer"));
  EXPECT_EQ(made["inputs"].get<std::string>().size(), 32U);
  EXPECT_EQ(listener_.last.done, 3U);
}

TEST_F(ExtractionTest, RowsOfZerosAreCounted) {
  EXPECT_EQ(ended(Letters()).zeros, 1U);
}

TEST_F(ExtractionTest, FeaturesThatAreThereAreLeftAlone) {
  ended(Letters());
  const Letters again;

  const Outcome outcome = ended(again);

  EXPECT_EQ(outcome.end, Outcome::End::already_there);
  EXPECT_EQ(again.calls, 0);
}

TEST_F(ExtractionTest, FeaturesWhoseFileIsGoneOrCutOffAreComputedAnew) {
  const fs::path file = folder_.path() / "features" / "text.safetensors";
  ended(Letters());
  for (const bool gone : {true, false}) {
    gone ? static_cast<void>(fs::remove(file)) : fs::resize_file(file, 60);

    EXPECT_EQ(ended(Letters()).end, Outcome::End::written);

    EXPECT_THAT(features(), ElementsAre(3, 5, 0));
    EXPECT_THAT(listener_.said, HasSubstr("text: computed anew: " + file.string()));
  }
}

TEST_F(ExtractionTest, OtherFeaturesAreReplacedOnlyWhenAsked) {
  ended(Letters());
  const auto problem = [&](const Method& method, const std::string& name = "letters") {
    const Result<Outcome> outcome = run(method, false, name);
    return outcome ? "none" : outcome.error().message;
  };

  EXPECT_THAT(problem(Letters(1)), HasSubstr(R"(with the parameters {"added":0}, not {"added":1}; --replace)"));
  EXPECT_THAT(problem(Letters(), "words"), HasSubstr(R"(by the method "letters", not "words"; --replace)"));
  recordings_.rows[1].transcript = "four";
  EXPECT_THAT(problem(Letters()), HasSubstr("of other inputs"));
  EXPECT_THAT(features(), ElementsAre(3, 5, 0));

  EXPECT_EQ(ended(Letters(1), true).end, Outcome::End::written);
  EXPECT_THAT(features(), ElementsAre(4, 5, 1));
}

TEST_F(ExtractionTest, FeaturesOfSomebodyElseAreRefused) {
  ended(Letters());
  json corpus = corpus_json();
  corpus.erase("features");
  std::ofstream(folder_.path() / "corpus.json") << corpus;

  const Result<Outcome> outcome = run(Letters());

  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().message, HasSubstr("\"text\" that were not extracted by mer; --replace"));
}

TEST_F(ExtractionTest, InputsThatCannotBeReadAreAllListedAndNothingIsWritten) {
  recordings_.rows[0].transcript = "bad";
  recordings_.rows[2].transcript = "infinite";

  const Outcome outcome = ended(Letters());

  EXPECT_EQ(outcome.end, Outcome::End::some_failed);
  ASSERT_EQ(outcome.failures.size(), 2U);
  EXPECT_EQ(outcome.failures[0].utterance, "u0");
  EXPECT_EQ(outcome.failures[0].reason, "transcript: is bad");
  EXPECT_EQ(outcome.failures[1].reason, "transcript: 1 of its features is not finite, the first is number 0");
  EXPECT_FALSE(fs::exists(folder_.path() / "features/text.safetensors"));
  EXPECT_TRUE(corpus_json()["modalities"].empty());

  recordings_.rows[0].transcript = "good";
  recordings_.rows[2].transcript = "too";
  const Letters mended;
  EXPECT_EQ(ended(mended).end, Outcome::End::written);
  EXPECT_EQ(mended.calls, 2);
  EXPECT_THAT(listener_.said, HasSubstr("text: goes on with 1 of 3 utterances"));
  EXPECT_THAT(features(), ElementsAre(4, 5, 3));
}

TEST_F(ExtractionTest, AnotherWayBeginsAnewAndSaysSo) {
  recordings_.rows[0].transcript = "bad";
  ended(Letters());
  recordings_.rows[0].transcript = "good";

  const Letters other(1);
  EXPECT_EQ(ended(other).end, Outcome::End::written);

  EXPECT_EQ(other.calls, 3);
  EXPECT_THAT(listener_.said, HasSubstr("text: a run that was made in another way is discarded"));
}

TEST_F(ExtractionTest, ARawCorpusThatHasMovedIsOneError) {
  const Result<Outcome> outcome = extract({.folder = folder_.path().string(), .modality = "audio", .method = "letters"},
                                          Letters(), recordings_, listener_);

  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::not_found);
  EXPECT_THAT(outcome.error().message, HasSubstr((folder_.path() / "raw").string() + ": there is no such folder"));
  EXPECT_THAT(outcome.error().message, HasSubstr("/recordings/root of " + folder_.path().string() + "/corpus.json"));
}

TEST_F(ExtractionTest, AMissingRecordingIsNamed) {
  fs::create_directories(folder_.path() / "raw");
  const Result<Outcome> outcome = extract({.folder = folder_.path().string(), .modality = "audio", .method = "letters"},
                                          Letters(), recordings_, listener_);

  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->failures.size(), 3U);
  EXPECT_THAT(outcome->failures[0].reason, HasSubstr((folder_.path() / "raw/u.wav").string()));
}

TEST_F(ExtractionTest, RowsOfAGroupAreComputedTogether) {
  const Pairs method;

  EXPECT_EQ(ended(method).computed, 3U);

  EXPECT_THAT(features(), ElementsAre(8, 8, 0));
  EXPECT_EQ(listener_.last.done, 3U);
  EXPECT_EQ(listener_.last.running, 0U);
}

TEST_F(ExtractionTest, AGroupThatIsNotWholeIsComputedAnewSoThatNothingDependsOnInterruptions) {
  const Pairs method;
  recordings_.rows[1].transcript = "bad";
  EXPECT_EQ(ended(method).end, Outcome::End::some_failed);

  recordings_.rows[1].transcript = "three";
  const Outcome outcome = ended(method);

  EXPECT_EQ(outcome.end, Outcome::End::written);
  EXPECT_EQ(outcome.computed, 2U);
  EXPECT_THAT(features(), ElementsAre(8, 8, 0));
}

}  // namespace
}  // namespace mer::extractor
