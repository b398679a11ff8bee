#include "data/import/iemocap_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mer::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kDialogue = "Ses01F_impro01";

std::vector<std::string> texts_of(const Findings& findings) {
  std::vector<std::string> texts;
  for (const Finding& finding : findings) texts.push_back(text_of(finding));
  return texts;
}

TEST(IemocapLabelsTest, TakesTheSummaryOfEachTurn) {
  Findings findings;

  const auto labels = parse_iemocap_labels(
      "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n"
      "\n"
      "[6.2901 - 8.2357]\tSes01F_impro01_F000\tneu\t[2.5000, 2.5000, 2.5000]\n"
      "C-E2:\tNeutral;\t()\n"
      "C-F1:\tNeutral; Anger;\t(upset)\n"
      "A-E3:\tval 3; act 2; dom  2;\t()\n"
      "\n"
      "[10.01 - 11.3925]\tSes01F_impro01_M000\txxx\t[2, 2.5, 3]\n",
      kDialogue, "f", findings);

  ASSERT_THAT(labels, SizeIs(2));
  EXPECT_EQ(labels[0].utterance, "Ses01F_impro01_F000");
  EXPECT_EQ(labels[0].tag, "neu");
  EXPECT_EQ(labels[0].line, 3U);
  EXPECT_EQ(labels[1].tag, "xxx");
  EXPECT_THAT(findings, IsEmpty());
}

TEST(IemocapLabelsTest, EveryBrokenLineIsSaidWithItsNumberAndTheOthersCount) {
  Findings findings;

  const auto labels = parse_iemocap_labels(
      "[6.2901 - 8.2357]\tSes01F_impro01_F000\tneu\t[2.5000, 2.5000, 2.5000]\n"
      "[6.2901 8.2357]\tSes01F_impro01_F001\tneu\t[2.5000, 2.5000, 2.5000]\n"
      "[6.2901 - 8.2357] Ses01F_impro01_F002 neu [2.5000, 2.5000, 2.5000]\n"
      "[6.2901 - 8.2357]\tSes01F_impro01_F003\tneu\t[2.5000, 2.5000]\n"
      "[6.2901 - nan]\tSes01F_impro01_F004\tneu\t[2.5000, 2.5000, 2.5000]\n"
      "[6.2901 - 8.2357]\tSes01F_impro02_F005\tneu\t[2.5000, 2.5000, 2.5000]\n"
      "[6.2901 - 8.2357]\tSes01F_impro01_F006\tnue\t[2.5000, 2.5000, 2.5000]\n"
      "[6.2901 - 8.2357]\tSes01F_impro01_F000\tsad\t[2.5000, 2.5000, 2.5000]\n"
      "some words\n"
      "[6.2901 - 8.2357]\tSes01F_impro01_F007\tang\t[2.5000, 2.5000, 2.5000]",
      kDialogue, "f.txt", findings);

  ASSERT_THAT(labels, SizeIs(2));
  EXPECT_EQ(labels[0].tag, "neu");
  EXPECT_EQ(labels[1].utterance, "Ses01F_impro01_F007");
  EXPECT_THAT(texts_of(findings),
              ElementsAre(HasSubstr("f.txt:2: found"), HasSubstr("f.txt:3: found"), HasSubstr("f.txt:4: found"),
                          HasSubstr("f.txt:5: found"), HasSubstr("f.txt:6: found"),
                          HasSubstr("f.txt:7: tag \"nue\" of Ses01F_impro01_F006, known are \"hap\""),
                          HasSubstr("f.txt:8: Ses01F_impro01_F000 stands in line 1 too: the first one counts"),
                          HasSubstr("f.txt:9: found \"some words\", expected [BEGIN - END]")));
}

TEST(IemocapTranscriptsTest, AreInTheOrderInWhichTheyBegin) {
  Findings findings;

  const auto transcripts = parse_iemocap_transcripts(
      "Ses01F_impro01_F000 [006.2901-008.2357]: Excuse me.\n"
      "Ses01F_impro01_F001 [020.0000-021.0000]: Late: [LAUGHTER]\n"
      "Ses01F_impro01_M000 [010.0100-011.3925]: Do you have your forms?\n"
      "Ses01F_impro01_MXX0 [012.0000-012.1000]:\n",
      kDialogue, "f", findings);

  ASSERT_THAT(transcripts, SizeIs(4));
  EXPECT_EQ(transcripts[1].utterance, "Ses01F_impro01_M000");
  EXPECT_EQ(transcripts[1].text, "Do you have your forms?");
  EXPECT_EQ(transcripts[1].line, 3U);
  EXPECT_EQ(transcripts[2].text, "");
  EXPECT_EQ(transcripts[3].text, "Late: [LAUGHTER]");
  EXPECT_THAT(findings, IsEmpty());
}

TEST(IemocapTranscriptsTest, EveryBrokenLineIsSaid) {
  Findings findings;

  const auto transcripts = parse_iemocap_transcripts(
      "M: Hello.\n"
      "Ses01F_impro01_F000 [006.2901-008.2357] Excuse me.\n"
      "Ses01F_impro01_F000 [006.2901-]: Excuse me.\n"
      "Ses01F_impro01_F00 [006.2901-008.2357]: Excuse me.\n"
      "Ses01F_impro01_F001 [006.2901-008.2357]: One.\n"
      "Ses01F_impro01_F001 [007.2901-008.2357]: Two.\n",
      kDialogue, "f", findings);

  ASSERT_THAT(transcripts, SizeIs(1));
  EXPECT_EQ(transcripts[0].text, "One.");
  EXPECT_EQ(count_of(findings, FindingKind::broken_line), 4U);
  EXPECT_EQ(count_of(findings, FindingKind::duplicate), 1U);
}

}  // namespace
}  // namespace mer::data
