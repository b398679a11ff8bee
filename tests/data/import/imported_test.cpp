#include "data/import/imported.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/json.hpp"
#include "data/utterance_table.hpp"
#include "tests/data/data_support.hpp"

namespace mer::data {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

Imported two_turns() {
  Imported imported;
  imported.importer = "iemocap";
  imported.root = "/raw/iemocap";
  imported.options = {{"classes", "4"}};
  imported.corpus.name = "IEMOCAP";
  imported.corpus.labels = {"happy", "angry"};
  imported.corpus.utterances = {{"u0", "d0", 0, "1", "A", 1}, {"u1", "d0", 3, "1", "B", 0}};
  imported.corpus.dialogues = group_dialogues(imported.corpus.utterances);
  imported.recordings = {{"u0", "a/u0.wav", 1.5, "No."}, {"u1", "a/u1.wav", 2, "Yes, \"yes\"."}};
  imported.left_out["tag xxx"] = 7;
  imported.findings = {{FindingKind::line_ends, "f", 1, "lines end in CR LF", "read as LF"},
                       {FindingKind::no_audio, "a/u2.wav", 0, "there is no such file", "skipped"}};
  imported.paper = {{{"happy", 1}, {"angry", 1}}, "--classes 4", true};
  return imported;
}

TEST(ImportedTest, BecomesAFolderThatHasRecordingsAndNoFeatures) {
  const TemporaryFolder folder;

  const Status status = write_imported(two_turns(), folder.file("c"));

  ASSERT_TRUE(status) << status.error().message;
  const auto corpus = load_utterances(folder.file("c"));
  ASSERT_TRUE(corpus) << corpus.error().message;
  EXPECT_EQ(corpus->utterances[1].turn, 3);
  const auto recordings = read_recordings(folder.file("c"));
  ASSERT_TRUE(recordings) << recordings.error().message;
  EXPECT_EQ(recordings->root, "/raw/iemocap");
  EXPECT_EQ(recordings->rows[1].transcript, "Yes, \"yes\".");

  const auto json = nlohmann::ordered_json::parse(read_bytes(folder.file("c/corpus.json")));
  EXPECT_EQ(json["source"]["importer"], "iemocap");
  EXPECT_EQ(json["source"]["options"]["classes"], "4");
  EXPECT_EQ(json["source"]["left_out"]["tag xxx"], 7);
  EXPECT_EQ(json["source"]["findings"]["no_audio"], 1);
}

TEST(ImportedTest, TheReportHoldsEveryFinding) {
  const TemporaryFolder folder;
  ASSERT_TRUE(write_imported(two_turns(), folder.file("c")));

  const auto report = nlohmann::ordered_json::parse(read_bytes(folder.file("c/import.json")));

  EXPECT_EQ(report["labels"], nlohmann::ordered_json::parse(R"({"happy":1,"angry":1})"));
  EXPECT_EQ(report["kinds"]["line_ends"], 1);
  ASSERT_THAT(report["findings"], SizeIs(2));
  EXPECT_EQ(report["findings"][1],
            nlohmann::ordered_json::parse(R"({"kind":"no_audio","loses":true,"file":"a/u2.wav",)"
                                          R"("problem":"there is no such file","action":"skipped"})"));
}

TEST(ImportedTest, NothingAppearsWhereTheFolderIsTakenOrNoTurnIsLeft) {
  const TemporaryFolder folder;
  Imported imported = two_turns();
  imported.recordings.pop_back();
  EXPECT_FALSE(write_imported(imported, folder.file("c")));
  imported.corpus.utterances.clear();
  EXPECT_THAT(write_imported(imported, folder.file("c")).error().message, HasSubstr("no turn is left"));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));

  std::filesystem::create_directories(folder.file("full/x"));
  EXPECT_THAT(write_imported(two_turns(), folder.file("full")).error().message, HasSubstr("not empty"));
}

TEST(ImportedTest, StrictRefusesLossesButNotOddities) {
  Imported imported = two_turns();
  const Status refused = refuse_losses(imported);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::invalid);
  EXPECT_THAT(refused.error().message, HasSubstr("1 in all; the first: a/u2.wav: there is no such file: skipped"));

  imported.findings.pop_back();
  EXPECT_TRUE(refuse_losses(imported));
}

TEST(ImportedTest, SaysHowItsCountsStandToThoseOfThePaper) {
  Imported imported = two_turns();
  EXPECT_EQ(remark_on_paper(imported), "as in Table 1");
  imported.corpus.utterances[0].label = 0;
  EXPECT_THAT(remark_on_paper(imported), HasSubstr("1 finding is of what was skipped or guessed"));
  imported.findings.pop_back();
  EXPECT_THAT(remark_on_paper(imported), HasSubstr("this folder holds other turns than the paper's"));
  imported.paper.same_options = false;
  EXPECT_EQ(remark_on_paper(imported), "Table 1 counts the turns of --classes 4");
}

}  // namespace
}  // namespace mer::data
