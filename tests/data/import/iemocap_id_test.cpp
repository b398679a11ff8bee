#include "data/import/iemocap_id.hpp"

#include <gtest/gtest.h>

namespace mer::data {
namespace {

TEST(IemocapIdTest, DialoguesAreImprovisedOrScripted) {
  const auto improvised = iemocap_dialogue("Ses03M_impro08a");
  ASSERT_TRUE(improvised);
  EXPECT_EQ(improvised->session, 3);
  EXPECT_TRUE(improvised->improvised);
  EXPECT_EQ(improvised->id, "Ses03M_impro08a");

  const auto scripted = iemocap_dialogue("Ses01F_script01_1");
  ASSERT_TRUE(scripted);
  EXPECT_FALSE(scripted->improvised);
  EXPECT_TRUE(iemocap_dialogue("Ses05F_script02_1b"));
}

TEST(IemocapIdTest, TheLastLetterIsWhoSpeaks) {
  const auto turn = iemocap_turn("Ses04F_script01_3_M012");
  ASSERT_TRUE(turn);
  EXPECT_EQ(turn->speaker, "Ses04M");
  EXPECT_EQ(turn->dialogue.id, "Ses04F_script01_3");
  EXPECT_TRUE(turn->numbered);

  const auto extra = iemocap_turn("Ses04F_script01_3_MXX12");
  ASSERT_TRUE(extra);
  EXPECT_FALSE(extra->numbered);
}

TEST(IemocapIdTest, OtherNamesAreNone) {
  for (const char* const name : {"", "Ses", "Ses06F_impro01", "Ses00F_impro01", "Ses1F_impro01", "Ses01X_impro01",
                                 "Ses01F-impro01", "Ses01F_impro", "Ses01F_script01", "Ses01F_script01_",
                                 "Ses01F_impro01z", "._Ses01F_impro01", "Ses01F_impro01ab"}) {
    EXPECT_FALSE(iemocap_dialogue(name)) << name;
  }
  for (const char* const name :
       {"", "_", "Ses01F_impro01", "Ses01F_impro01_F", "Ses01F_impro01_F00", "Ses01F_impro01_X000",
        "Ses01F_impro01_F0000", "Ses01F_impro01_FXX", "Ses01F_impro01_F000 "}) {
    EXPECT_FALSE(iemocap_turn(name)) << name;
  }
}

}  // namespace
}  // namespace mer::data
