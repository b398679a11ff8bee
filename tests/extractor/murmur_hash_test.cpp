#include "worker/extractor/murmur_hash.hpp"

#include <gtest/gtest.h>

namespace mer::extractor {
namespace {

// sklearn.utils.murmurhash3_32 of scikit-learn 1.9.1.
TEST(MurmurHashTest, IsThatOfScikitLearn) {
  EXPECT_EQ(murmur_hash(""), 0U);
  EXPECT_EQ(murmur_hash("a"), 0x3C2569B2U);
  EXPECT_EQ(murmur_hash("hello"), 0x248BFA47U);
  EXPECT_EQ(murmur_hash("it is"), 0x15C255D4U);
  EXPECT_EQ(murmur_hash("Öl öl 12345"), 0x3DC31664U);
  EXPECT_EQ(murmur_hash("", 7), 415870660U);
  EXPECT_EQ(murmur_hash("Öl öl 12345", 7), 1444135404U);
}

}  // namespace
}  // namespace mer::extractor
