#include "model/device/bucket.hpp"

#include <gtest/gtest.h>
#include <set>

namespace mer::model {
namespace {

using Lengths = std::vector<std::vector<std::int64_t>>;

TEST(BucketTest, HoldsTheLargestOfEverySlot) {
  const Bucket bucket = bucket_of(Lengths{{3, 4, 5}, {}, {17}});

  EXPECT_GE(bucket.rows, 17);
  EXPECT_GE(bucket.dialogues, 3);
  EXPECT_GE(bucket.turns, 17);
}

TEST(BucketTest, WastesLittleAndComesInFewSizes) {
  std::set<std::int64_t> sizes;
  for (std::int64_t rows = 1; rows <= 2000; ++rows) {
    const Bucket bucket = bucket_of(Lengths{{rows}});
    sizes.insert(bucket.rows);
    EXPECT_GE(bucket.rows, rows);
    EXPECT_LE(bucket.rows, std::max<std::int64_t>(rows + 16, rows * 9 / 8)) << rows;
  }

  EXPECT_LT(sizes.size(), 50U);
}

TEST(BucketTest, LaysSlotsOutAtEqualDistances) {
  const Lengths lengths = {{3, 4}, {}, {6}};
  const Bucket bucket = bucket_of(lengths);

  const LayoutPtr layout = layout_in(bucket, lengths);

  EXPECT_EQ(layout->rows(), 3 * bucket.rows);
  EXPECT_EQ(layout->slots[2].begin, 2 * bucket.rows);
  EXPECT_EQ(layout->slots[0].rows(), 7);
  EXPECT_EQ(lengths_of(*layout), lengths);
  EXPECT_EQ(bucket_of(*layout), bucket);
}

}  // namespace
}  // namespace mer::model
