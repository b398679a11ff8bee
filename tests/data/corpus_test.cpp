#include "data/corpus.hpp"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>

#include "core/json.hpp"
#include "data/corpus_facts.hpp"
#include "data/safetensors.hpp"
#include "tests/data/data_support.hpp"

namespace mer::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Six utterances of two dialogues, as files that a test can spoil.
class CorpusFolderTest : public testing::Test {
 protected:
  CorpusFolderTest() {
    std::filesystem::create_directories(folder_.file("features"));
    json(R"({"format":1,"name":"tiny","labels":["sad","happy"],"utterances":6,)"
         R"("modalities":{"text":{"dim":2,"file":"features/text.safetensors"},)"
         R"("audio":{"dim":1,"file":"features/audio.safetensors"}}})");
    csv("utterance,dialogue,turn,session,speaker,label\n"
        "u0,d0,0,1,A,happy\n"
        "u1,d0,2,1,B,sad\n"
        "u2,d1,5,2,C,sad\n"
        "u3,d0,3,1,A,sad\n"
        "u4,d1,6,2,D,happy\n"
        "u5,d1,9,2,C,sad\n");
    features("audio", {0, 1, 2, 3, 4, 5}, {6, 1});
    features("text", {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, {6, 2});
  }

  void json(const std::string& text) { write_bytes(folder_.file("corpus.json"), text); }
  void csv(const std::string& text) { write_bytes(folder_.file("utterances.csv"), text); }
  void features(const std::string& modality, const std::vector<float>& values, std::vector<std::int64_t> shape,
                const std::string& tensor = "features") {
    const TensorView view{TensorType::f32, std::move(shape), std::as_bytes(std::span(values))};
    ASSERT_TRUE(write_safetensors(folder_.file("features/" + modality + ".safetensors"), {{tensor, view}}, {}));
  }

  void replace(const std::string& file, const std::string& from, const std::string& to) {
    std::string text = read_bytes(folder_.file(file));
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    write_bytes(folder_.file(file), text.replace(at, from.size(), to));
  }

  Error load_error() const {
    const auto corpus = load_corpus(folder_.path());
    return corpus ? Error{ErrorCode::internal, "loaded"} : corpus.error();
  }

  TemporaryFolder folder_;
};

TEST_F(CorpusFolderTest, ItsFilesAreListedOnce) {
  EXPECT_THAT(*corpus_files(folder_.path()),
              ElementsAre("corpus.json", "utterances.csv", "features/text.safetensors", "features/audio.safetensors"));

  replace("corpus.json", "features/audio", "features/text");
  EXPECT_EQ(corpus_files(folder_.path())->size(), 3U);

  replace("corpus.json", "features/text", "../text");
  EXPECT_THAT(corpus_files(folder_.path()).error().message, HasSubstr("expected a path inside the corpus folder"));
}

TEST_F(CorpusFolderTest, ATurnWithoutALabelComesBackWithoutOne) {
  const CorpusId labelled = load_corpus(folder_.path())->id;
  replace("utterances.csv", "u1,d0,2,1,B,sad", "u1,d0,2,1,B,");

  const Corpus corpus = load_corpus(folder_.path()).value();
  ASSERT_TRUE(write_corpus(corpus, folder_.file("copy")));
  const Corpus copy = load_corpus(folder_.file("copy")).value();

  EXPECT_EQ(corpus.utterances[1].label, kNoLabel);
  EXPECT_EQ(copy.utterances[1].label, kNoLabel);
  EXPECT_EQ(copy.id, corpus.id);
  EXPECT_NE(corpus.id, labelled);
  EXPECT_THAT(corpus_facts(corpus), HasSubstr("\"unlabelled\":1"));
}

TEST_F(CorpusFolderTest, LoadsEverything) {
  const auto corpus = load_corpus(folder_.path());

  ASSERT_TRUE(corpus) << corpus.error().message;
  EXPECT_EQ(corpus->name, "tiny");
  EXPECT_EQ(corpus->path, folder_.path());
  EXPECT_EQ(corpus->id.hex.size(), 32U);
  EXPECT_THAT(corpus->labels, ElementsAre("sad", "happy"));
  EXPECT_EQ(corpus->utterances[4].speaker, "D");
  EXPECT_EQ(corpus->utterances[4].label, 1);
  ASSERT_EQ(corpus->dialogues.size(), 2U);
  EXPECT_EQ(corpus->dialogues[0].id, "d0");
  EXPECT_THAT(corpus->dialogues[0].rows, ElementsAre(0, 1, 3));
  EXPECT_THAT(corpus->dialogues[1].rows, ElementsAre(2, 4, 5));
  EXPECT_EQ(corpus->features[0].modality, "text");
  EXPECT_THAT(corpus->find("text")->row(2), ElementsAre(4, 5));
  EXPECT_EQ(corpus->find("video"), nullptr);
}

TEST_F(CorpusFolderTest, IdCoversContentNotNames) {
  const CorpusId before = load_corpus(folder_.path())->id;

  replace("corpus.json", "tiny", "renamed");
  EXPECT_EQ(load_corpus(folder_.path())->id, before);

  replace("utterances.csv", "u5,d1,9,2,C,sad", "u5,d1,9,2,C,happy");
  const CorpusId relabelled = load_corpus(folder_.path())->id;
  EXPECT_NE(relabelled, before);

  features("audio", {0, 1, 2, 3, 4, 5.5F}, {6, 1});
  EXPECT_NE(load_corpus(folder_.path())->id, relabelled);
}

TEST_F(CorpusFolderTest, IdIsIndependentOfTheOrderOfModalitiesAndOfLineEnds) {
  const CorpusId before = load_corpus(folder_.path())->id;
  json(R"({"format":1,"name":"tiny","labels":["sad","happy"],"utterances":6,"source":"any other key is left alone",)"
       R"("modalities":{"audio":{"dim":1,"file":"features/audio.safetensors"},)"
       R"("text":{"dim":2,"file":"features/text.safetensors"}}})");
  replace("utterances.csv", "u5,d1,9,2,C,sad\n", "\"u5\",d1,9,2,C,sad\r\n");

  const auto corpus = load_corpus(folder_.path());

  ASSERT_TRUE(corpus) << corpus.error().message;
  EXPECT_EQ(corpus->id, before);
  EXPECT_EQ(corpus->features[0].modality, "audio");
}

TEST_F(CorpusFolderTest, UnalignedFeaturesOfAnotherWriterAreReadable) {
  std::string header = R"({"features":{"dtype":"F32","shape":[6,1],"data_offsets":[0,24]}})";
  while (header.size() % 4 != 1) header += ' ';
  const std::uint64_t length = header.size();
  const std::vector<float> values = {0, 1, 2, 3, 4, 5};
  write_bytes(folder_.file("features/audio.safetensors"),
              std::string(reinterpret_cast<const char*>(&length), 8) + header +
                  std::string(reinterpret_cast<const char*>(values.data()), 24));

  const auto corpus = load_corpus(folder_.path());

  ASSERT_TRUE(corpus) << corpus.error().message;
  EXPECT_THAT(corpus->find("audio")->values, ElementsAre(0, 1, 2, 3, 4, 5));
}

TEST_F(CorpusFolderTest, ErrorsInCorpusJsonNamePointerAndValue) {
  const struct {
    const char *from, *to, *message;
  } cases[] = {
      {R"("format":1)", R"("format":2)", "corpus.json: /format: found 2, expected 1"},
      {R"("format":1,)", "", "/format: found null"},
      {R"("name":"tiny")", R"("name":"")", R"(/name: found "", expected a text)"},
      {R"("name":"tiny")", R"("name":["x"])", R"(/name: found ["x"], expected a text)"},
      {R"(["sad","happy"])", R"(["sad"])", R"(/labels: found ["sad"], expected a list of two labels)"},
      {R"(["sad","happy"])", R"(["sad","sad"])", R"(/labels/1: found "sad", expected each label once)"},
      {R"(["sad","happy"])", R"(["sad",3])", "/labels/1: found 3"},
      {R"("utterances":6)", R"("utterances":6.0)", "/utterances: found 6.0, expected a whole number from 1"},
      {R"("utterances":6)", R"("utterances":0)", "/utterances: found 0"},
      {R"("utterances":6)", R"("utterances":7)", "utterances.csv: 6 utterances, but /utterances in corpus.json is 7"},
      {R"("dim":2)", R"("dim":-2)", "/modalities/text/dim: found -2"},
      {R"("dim":2)", R"("dim":4000000000)", "/modalities/text/dim: found 4000000000"},
      {R"("dim":2)", R"("dim":3)",
       "text.safetensors: tensor \"features\" has shape [6,2], expected float32 [6,3] (utterances, "
       "/modalities/text/dim"},
      {"features/text.safetensors", "/etc/passwd",
       "/modalities/text/file: found \"/etc/passwd\", expected a path inside"},
      {"features/text.safetensors", "features/../../x", "expected a path inside the corpus folder"},
      {R"("modalities":{)", R"("modalities":{},"other":{)", "/modalities: found {}, expected an object"},
      {R"("modalities":{)", R"("modalities":{"video":7,)", "/modalities/video: found 7"},
      {R"("utterances":6,)", R"("utterances":6,"utterances":6,)", "the key \"utterances\" stands twice"},
      {R"("format":1,)", R"("format":1,,)", "corpus.json:1:"},
  };
  const std::string whole = read_bytes(folder_.file("corpus.json"));
  for (const auto& bad : cases) {
    json(whole);
    replace("corpus.json", bad.from, bad.to);

    const Error error = load_error();

    EXPECT_EQ(error.code, ErrorCode::invalid) << bad.message;
    EXPECT_THAT(error.message, HasSubstr(bad.message));
    EXPECT_THAT(error.message, HasSubstr(folder_.path()));
  }
}

TEST_F(CorpusFolderTest, DeepNestingIsRefused) {
  json(std::string(100'000, '['));

  EXPECT_THAT(load_error().message, HasSubstr("nested deeper than 64"));
}

TEST_F(CorpusFolderTest, ErrorsInUtterancesNameLineAndValue) {
  const struct {
    const char *from, *to, *message;
  } cases[] = {
      {"session,speaker", "speaker,session", "utterances.csv:1: header"},
      {"u2,d1,5,2,C,sad", "u2,d1,5,2,C", "utterances.csv:4: 5 fields, expected 6"},
      {"u2,d1,5,2,C,sad", ",d1,5,2,C,sad", "utterances.csv:4: utterance \"\", expected a text"},
      {"u2,d1,5,2,C,sad", "u2,,5,2,C,sad", "utterances.csv:4: dialogue \"\""},
      {"u2,d1,5,2,C,sad", "u2,d1,5,,C,sad", "utterances.csv:4: session \"\""},
      {"u2,d1,5,2,C,sad", "u2,d1,5,2,\"C\n\",sad", "utterances.csv:4: speaker \"C\\n\""},
      {"u2,d1,5,2,C,sad", "u2,d1,x,2,C,sad", "utterances.csv:4: turn \"x\", expected a whole number"},
      {"u2,d1,5,2,C,sad", "u2,d1,-1,2,C,sad", "utterances.csv:4: turn \"-1\""},
      {"u2,d1,5,2,C,sad", "u2,d1,99999999999,2,C,sad", "utterances.csv:4: turn \"99999999999\""},
      {"u2,d1,5,2,C,sad", "u2,d1,5,2,C,angry",
       R"(utterances.csv:4: unknown label "angry", corpus.json has "sad", "happy"; leave it empty)"},
      {"u2,d1,5,2,C,sad", "u0,d1,5,2,C,sad", "utterances.csv:4: utterance \"u0\" stands in line 2 too"},
      {"u3,d0,3,1,A,sad", "u3,d0,2,1,A,sad", "utterances.csv:5: turn 2 of dialogue \"d0\" follows turn 2 in line 3"},
      {"u3,d0,3,1,A,sad", "u3,d0,1,1,A,sad", "utterances.csv:5: turn 1 of dialogue \"d0\" follows turn 2 in line 3"},
      {"u3,d0,3,1,A,sad", "u3,d0,3,2,A,sad",
       "utterances.csv:5: dialogue \"d0\" is in session \"2\", but in session \"1\" in line 3"},
      {"u5,d1,9,2,C,sad\n", "", "utterances.csv: 5 utterances, but /utterances in corpus.json is 6"},
      {"u5,d1", "u5\xFF,d1", "utterances.csv:7: field \"u5\\ufffd\" is not UTF-8"},
  };
  const std::string whole = read_bytes(folder_.file("utterances.csv"));
  for (const auto& bad : cases) {
    csv(whole);
    replace("utterances.csv", bad.from, bad.to);

    const Error error = load_error();

    EXPECT_EQ(error.code, ErrorCode::invalid) << bad.message;
    EXPECT_THAT(error.message, HasSubstr(bad.message));
  }
}

TEST_F(CorpusFolderTest, ErrorsInFeaturesNameFileRowAndColumn) {
  features("text", {0, 1, 2, 3, 4, 5, 6, std::numeric_limits<float>::infinity(), 8, 9, 10, 11}, {6, 2});
  EXPECT_THAT(load_error().message,
              HasSubstr("text.safetensors: row 3 (utterance \"u3\"), column 1 is inf, expected a finite number"));

  features("text", {0, 1, std::nanf(""), 3, 4, 5, 6, 7, 8, 9, 10, 11}, {6, 2});
  EXPECT_THAT(load_error().message, HasSubstr("row 1 (utterance \"u1\"), column 0 is nan"));

  features("text", {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {5, 2});
  EXPECT_THAT(load_error().message, HasSubstr("has shape [5,2], expected float32 [6,2]"));

  features("text", std::vector<float>(12), {12});
  EXPECT_THAT(load_error().message, HasSubstr("has shape [12], expected float32 [6,2]"));

  features("text", std::vector<float>(12), {6, 2}, "other");
  EXPECT_THAT(load_error().message, HasSubstr("no tensor \"features\", the file has \"other\""));

  write_bytes(folder_.file("features/text.safetensors"), "not a tensor file");
  EXPECT_EQ(load_error().code, ErrorCode::corrupt);
}

TEST_F(CorpusFolderTest, FloatsOfAnotherTypeAreRefused) {
  const std::vector<double> values(12);
  ASSERT_TRUE(write_safetensors(folder_.file("features/text.safetensors"),
                                {{"features", {TensorType::f64, {6, 2}, std::as_bytes(std::span(values))}}}, {}));

  EXPECT_THAT(load_error().message, HasSubstr("is not float32"));
}

TEST_F(CorpusFolderTest, MissingFilesAreNotFoundAndNamed) {
  for (const char* file : {"features/audio.safetensors", "utterances.csv", "corpus.json"}) {
    std::filesystem::remove(folder_.file(file));

    const Error error = load_error();

    EXPECT_EQ(error.code, ErrorCode::not_found);
    EXPECT_THAT(error.message, HasSubstr(folder_.file(file)));
  }
}

TEST(WriteCorpusTest, ReadsBackAsTheSameCorpus) {
  const TemporaryFolder folder;
  Corpus corpus = paired_corpus(2);
  corpus.name = "a, \"quoted\" näme";
  corpus.utterances[0].id = "with, comma";
  corpus.id = corpus_id_of(corpus);

  const Status status = write_corpus(corpus, folder.file("c/"));
  ASSERT_TRUE(status) << status.error().message;
  const auto copy = load_corpus(folder.file("c"));

  ASSERT_TRUE(copy) << copy.error().message;
  EXPECT_EQ(copy->id, corpus.id);
  EXPECT_EQ(copy->name, corpus.name);
  EXPECT_EQ(copy->utterances[0].id, "with, comma");
  EXPECT_EQ(copy->features[0].modality, "text");
}

TEST(WriteCorpusTest, TakesAnEmptyFolderAndRefusesOthers) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder.file("empty"));
  std::filesystem::create_directories(folder.file("full"));
  write_bytes(folder.file("full/notes"), "keep");
  write_bytes(folder.file("file"), "keep");
  const Corpus corpus = paired_corpus(2);

  EXPECT_TRUE(write_corpus(corpus, folder.file("empty")));
  EXPECT_THAT(write_corpus(corpus, folder.file("full")).error().message, HasSubstr("not empty"));
  EXPECT_THAT(write_corpus(corpus, folder.file("file")).error().message, HasSubstr("not a folder"));
  EXPECT_EQ(write_corpus(corpus, folder.file("absent/c")).error().code, ErrorCode::not_found);
  EXPECT_EQ(read_bytes(folder.file("full/notes")), "keep");
}

TEST(WriteCorpusTest, WhatCouldNotBeReadBackDoesNotAppear) {
  const TemporaryFolder folder;
  Corpus corpus = paired_corpus(2);
  corpus.features[0] = matrix("text", 1, std::vector<float>(corpus.utterances.size(), std::nanf("")));

  const Status status = write_corpus(corpus, folder.file("c"));

  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message, HasSubstr("expected a finite number"));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(CorpusFactsTest, CountsEverything) {
  const Corpus corpus = paired_corpus(10);

  const auto facts = nlohmann::ordered_json::parse(corpus_facts(corpus));

  EXPECT_EQ(facts["utterances"], 180);
  EXPECT_EQ(facts["modalities"], nlohmann::ordered_json::parse(R"({"text":3,"audio":2})"));
  EXPECT_EQ(facts["labels"], nlohmann::ordered_json::parse(R"({"happy":60,"sad":40,"neutral":40,"angry":40})"));
  EXPECT_EQ(facts["dialogues"]["count"], 30);
  EXPECT_EQ(facts["dialogues"]["median_turns"], 6.0);
  EXPECT_EQ(facts["sessions"].size(), 10U);
  EXPECT_EQ(facts["sessions"].rbegin().key(), "10");
  EXPECT_EQ(facts["speakers"]["M07"], nlohmann::ordered_json::parse(R"({"happy":3,"sad":2,"neutral":2,"angry":2})"));
}

}  // namespace
}  // namespace mer::data
