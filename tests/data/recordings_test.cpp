#include "data/recordings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/corpus_format.hpp"
#include "data/utterance_table.hpp"
#include "tests/data/data_support.hpp"

namespace mer::data {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// An imported corpus of two utterances, before features were extracted.
class RecordingsTest : public testing::Test {
 protected:
  RecordingsTest() {
    json(R"("recordings":{"file":"recordings.csv","root":"/raw/corpus"})");
    write_bytes(folder_.file("utterances.csv"),
                "utterance,dialogue,turn,session,speaker,label\n"
                "u0,d0,0,1,A,happy\n"
                "u1,d0,1,1,B,sad\n");
    write_bytes(folder_.file("recordings.csv"),
                "utterance,audio,seconds,transcript\n"
                "u0,a/u0.wav,1.25,Excuse me.\n"
                "u1,a/u1.wav,0.0000625,\"Yes, \"\"please\"\".\"\n");
  }

  void json(const std::string& recordings) {
    write_bytes(folder_.file("corpus.json"),
                R"({"format":1,"name":"raw","labels":["happy","sad"],"utterances":2,"modalities":{})" +
                    (recordings.empty() ? "" : "," + recordings) + "}");
  }
  void replace(const std::string& from, const std::string& to) {
    std::string text = read_bytes(folder_.file("recordings.csv"));
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    write_bytes(folder_.file("recordings.csv"), text.replace(at, from.size(), to));
  }
  Error read_error() const {
    const auto recordings = read_recordings(folder_.path());
    return recordings ? Error{ErrorCode::internal, "read"} : recordings.error();
  }

  TemporaryFolder folder_;
};

TEST_F(RecordingsTest, AreReadInTheOrderOfTheTable) {
  const auto recordings = read_recordings(folder_.path());

  ASSERT_TRUE(recordings) << recordings.error().message;
  EXPECT_EQ(recordings->root, "/raw/corpus");
  ASSERT_THAT(recordings->rows, SizeIs(2));
  EXPECT_EQ(recordings->rows[0].audio, "a/u0.wav");
  EXPECT_EQ(recordings->rows[0].seconds, 1.25);
  EXPECT_EQ(recordings->rows[1].seconds, 0.0000625);
  EXPECT_EQ(recordings->rows[1].transcript, "Yes, \"please\".");
}

TEST_F(RecordingsTest, WhatIsWrittenReadsBackTheSame) {
  const std::vector<Recording> rows = {{"u0", "a, b/u0.wav", 1.0 / 3, "Ça va?\n\"Oui\""}, {"u1", "u1.wav", 0, ""}};

  ASSERT_TRUE(write_recordings(rows, folder_.path()));
  const auto copy = read_recordings(folder_.path());

  ASSERT_TRUE(copy) << copy.error().message;
  for (std::size_t row = 0; row < 2; ++row) {
    EXPECT_EQ(copy->rows[row].utterance, rows[row].utterance);
    EXPECT_EQ(copy->rows[row].audio, rows[row].audio);
    EXPECT_EQ(copy->rows[row].seconds, rows[row].seconds);
    EXPECT_EQ(copy->rows[row].transcript, rows[row].transcript);
  }
}

TEST_F(RecordingsTest, ErrorsNameLineAndValue) {
  const struct {
    const char *from, *to, *message;
  } cases[] = {
      {"seconds,transcript", "transcript,seconds", "recordings.csv:1: header"},
      {"u1,a/u1", "u2,a/u1", "recordings.csv:3: utterance \"u2\", but \"u1\" stands in this row of utterances.csv"},
      {"u1,a/u1.wav", "u1,/etc/passwd", "recordings.csv:3: audio \"/etc/passwd\", expected a path inside"},
      {"u1,a/u1.wav", "u1,a/../../u1.wav", "recordings.csv:3: audio"},
      {"u1,a/u1.wav", "u1,", "recordings.csv:3: audio \"\""},
      {"1.25", "", "recordings.csv:2: seconds \"\", expected a number"},
      {"1.25", "-1", "recordings.csv:2: seconds \"-1\""},
      {"1.25", "inf", "recordings.csv:2: seconds \"inf\""},
      {"1.25", "1.25s", "recordings.csv:2: seconds \"1.25s\""},
      {"Excuse", "Ex\xFF", "is not UTF-8"},
      {"u0,a/u0.wav,1.25,Excuse me.\n", "", "recordings.csv: 1 rows, but utterances.csv has 2 utterances"},
  };
  const std::string whole = read_bytes(folder_.file("recordings.csv"));
  for (const auto& bad : cases) {
    write_bytes(folder_.file("recordings.csv"), whole);
    replace(bad.from, bad.to);

    const Error error = read_error();

    EXPECT_EQ(error.code, ErrorCode::invalid) << bad.message;
    EXPECT_THAT(error.message, HasSubstr(bad.message));
    EXPECT_THAT(error.message, HasSubstr(folder_.path()));
  }
}

TEST_F(RecordingsTest, ErrorsInCorpusJsonNameThePlace) {
  json(R"("recordings":7)");
  EXPECT_THAT(read_error().message, HasSubstr("/recordings: found 7, expected {\"file\""));
  json(R"("recordings":{"file":"../x","root":"/raw"})");
  EXPECT_THAT(read_error().message, HasSubstr("/recordings/file: found \"../x\", expected a path inside"));
  json(R"("recordings":{"file":"recordings.csv"})");
  EXPECT_THAT(read_error().message, HasSubstr("/recordings/root: found null"));
}

TEST_F(RecordingsTest, ACorpusThatWasNotImportedHasNone) {
  json("");

  EXPECT_EQ(read_error().code, ErrorCode::not_found);
  EXPECT_THAT(read_error().message, HasSubstr("merctl corpus import"));
}

TEST_F(RecordingsTest, ACorpusWithoutFeaturesCanBeLookedAtButNotTrainedOn) {
  const auto corpus = load_utterances(folder_.path());

  ASSERT_TRUE(corpus) << corpus.error().message;
  EXPECT_EQ(corpus->name, "raw");
  EXPECT_THAT(corpus->utterances, SizeIs(2));
  EXPECT_THAT(corpus->dialogues, SizeIs(1));
  EXPECT_THAT(corpus->features, IsEmpty());
  EXPECT_THAT(corpus->id.hex, IsEmpty());

  const auto trained = load_corpus(folder_.path());
  ASSERT_FALSE(trained);
  EXPECT_EQ(trained.error().code, ErrorCode::invalid);
  EXPECT_THAT(trained.error().message, HasSubstr("/modalities: found {}"));
  EXPECT_THAT(trained.error().message, HasSubstr("merctl extract " + folder_.path()));
}

}  // namespace
}  // namespace mer::data
