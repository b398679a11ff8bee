#include "data/import/msp_evaluation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mer::data {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

TEST(MspEvaluationTest, TakesTheConsensusOfEachTurn) {
  Findings findings;

  const auto labels = parse_msp_evaluation(
      "UTD-IMPROV-S01A-F01-S-FM01.avi; N; A:3.000000; V:3.500000; D:3.000000; N:4.0;\n"
      "ANON01; Neutral; Neutral; A:3.000000; V:3.000000; D:3.000000;\n"
      "\n"
      "MSP-IMPROV-S01A-M01-S-FM01.avi; X; A:3; V:3.5; D:3\n",
      "f", findings);

  ASSERT_THAT(labels, SizeIs(2));
  EXPECT_EQ(labels[0].turn.id, "MSP-IMPROV-S01A-F01-S-FM01");
  EXPECT_EQ(labels[0].letter, 'N');
  EXPECT_EQ(labels[1].letter, 'X');
  EXPECT_EQ(labels[1].line, 4U);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(text_of(findings[0]), "f:1: 1 ids begin with UTD-, those of wav files with MSP-: read as MSP-");
  EXPECT_EQ(losses_of(findings), 0U);
}

TEST(MspEvaluationTest, EveryBrokenLineIsSaidWithItsNumberAndTheOthersCount) {
  Findings findings;

  const auto labels = parse_msp_evaluation(
      "MSP-IMPROV-S01A-F01-S-FM01.avi; N; A:3.000000; V:3.500000; D:3.000000;\n"
      "MSP-IMPROV-S01A-F01-S-FM02.avi; N; A:3.000000; V:3.500000;\n"
      "MSP-IMPROV-S01A-F01-S-FM03.avi; N; A:x; V:3.500000; D:3.000000;\n"
      "MSP-IMPROV-S01A-F09-S-FM04.avi; N; A:3.000000; V:3.500000; D:3.000000;\n"
      "MSP-IMPROV-S01A-F01-S-FM05.avi\n"
      "no semicolon here\n"
      "MSP-IMPROV-S01A-F01-S-FM06.avi; Q; A:3.000000; V:3.500000; D:3.000000;\n"
      "MSP-IMPROV-S01A-F01-S-FM07.avi; ; A:3.000000; V:3.500000; D:3.000000;\n"
      "UTD-IMPROV-S01A-F01-S-FM01.avi; S; A:3.000000; V:3.500000; D:3.000000;\n",
      "f", findings);

  ASSERT_THAT(labels, SizeIs(1));
  EXPECT_EQ(labels[0].letter, 'N');
  EXPECT_EQ(count_of(findings, FindingKind::broken_line), 5U);
  EXPECT_EQ(count_of(findings, FindingKind::unknown_tag), 2U);
  EXPECT_EQ(count_of(findings, FindingKind::duplicate), 1U);
  EXPECT_THAT(text_of(findings.front()), HasSubstr("f:2: found \"MSP-IMPROV-S01A-F01-S-FM02.avi"));
}

}  // namespace
}  // namespace mer::data
