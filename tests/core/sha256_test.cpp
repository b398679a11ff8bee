#include "core/sha256.hpp"

#include <gtest/gtest.h>

namespace mer {
namespace {

// FIPS 180-4 examples.
TEST(Sha256Test, AgreesWithTheStandardsExamples) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256_hex(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256Test, PiecesHashLikeTheWhole) {
  const std::string text = "The quick brown fox jumps over the lazy dog";
  Sha256 hash;
  for (const char c : text) hash.update(std::string_view(&c, 1));

  EXPECT_EQ(hash.hex(), sha256_hex(text));
}

TEST(Sha256Test, ShortHashIsTheFirstHalf) {
  EXPECT_EQ(short_hash("abc"), "ba7816bf8f01cfea414140de5dae2223");
}

}  // namespace
}  // namespace mer
