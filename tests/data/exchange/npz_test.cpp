#include "data/exchange/npz.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "data/exchange/npy.hpp"
#include "tests/data/data_support.hpp"

namespace mer::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string numpy_file(const std::string& name) {
  return read_bytes(golden("npy/" + name + ".npz"));
}

TEST(NpzTest, ReadsWhatNumpyStoresAndDeflates) {
  for (const char* name : {"stored", "deflated"}) {
    const std::string bytes = numpy_file(name);
    const auto npz = NpzReader::open(bytes, "x.npz");
    ASSERT_TRUE(npz) << npz.error().message;
    EXPECT_THAT(npz->names(), ElementsAre("features", "utterances"));

    const auto features = npz->read("features");
    const auto ids = npz->read("utterances");

    ASSERT_TRUE(features && ids) << name;
    EXPECT_EQ(parse_npy(*features, "x").value().shape[0], 2);
    EXPECT_THAT(npy_strings(parse_npy(*ids, "x").value(), "x").value(), ElementsAre("u1", "größe"));
  }
}

// Whatever byte is wrong or missing: an error or the same array, and no crash.
TEST(NpzTest, DamagedFilesAreCorrupt) {
  for (const char* name : {"stored", "deflated"}) {
    const std::string whole = numpy_file(name);
    const std::string features = NpzReader::open(whole, "x.npz")->read("features").value();
    std::size_t refused = 0;
    for (std::size_t at = 0; at < whole.size(); ++at) {
      std::string damaged = whole;
      damaged[at] = char(damaged[at] ^ 0x55);
      for (const std::string& bytes : {damaged, whole.substr(0, at)}) {
        const auto npz = NpzReader::open(bytes, "x.npz");
        const auto read = npz && npz->has("features") ? npz->read("features") : Error{ErrorCode::corrupt, "x.npz"};
        if (read) {
          EXPECT_EQ(*read, features) << name << " byte " << at;
          continue;
        }
        ++refused;
        EXPECT_EQ(read.error().code, ErrorCode::corrupt);
        EXPECT_THAT(read.error().message, HasSubstr("x.npz"));
      }
    }
    EXPECT_GT(refused, whole.size()) << "every file that is cut off, and some of the others";
  }
}

// Or a file of 500 bytes would have as much memory allocated as it likes.
TEST(NpzTest, SizesThatCannotBeAreRefusedBeforeAnythingIsAllocated) {
  constexpr std::size_t kPacked = 20, kWhole = 24;  // within an entry of the directory
  const std::string whole = numpy_file("deflated");
  const std::size_t entry = whole.find("PK\x01\x02");
  for (const bool packed_too : {false, true}) {
    std::string forged = whole;
    if (packed_too) forged.replace(entry + kPacked, 4, "\xFF\xFF\xFF\x7F");
    forged.replace(entry + kWhole, 4, "\xFF\xFF\xFF\x7F");
    const auto npz = NpzReader::open(forged, "x.npz");
    const auto read = npz ? npz->read("features") : npz.error();

    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::corrupt);
    EXPECT_THAT(read.error().message, HasSubstr("its size in the zip's directory cannot be"));
  }
}

TEST(NpzTest, WhatIsWrittenReadsBackAndHasTheSameBytesAgain) {
  const TemporaryFolder folder;
  const std::string header = npy_header("<f4", {1, 2});
  const std::string elements(8, '\x3F');
  const std::string texts = npy_of(std::vector<std::string>{"u1"});
  const std::vector<NpzArray> arrays = {{"größe", {header, elements}}, {"utterances", {texts}}};

  for (const char* name : {"a.npz", "b.npz"}) {
    const Status written = write_npz(folder.file(name), arrays);
    ASSERT_TRUE(written) << written.error().message;
  }

  const std::string bytes = read_bytes(folder.file("a.npz"));
  EXPECT_EQ(bytes, read_bytes(folder.file("b.npz")));
  const auto npz = NpzReader::open(bytes, "x.npz");
  ASSERT_TRUE(npz) << npz.error().message;
  EXPECT_EQ(npz->read("größe").value(), header + elements);
  EXPECT_EQ(npz->read("utterances").value(), texts);
}

TEST(NpzTest, WhereItCannotBeWrittenNothingIs) {
  const TemporaryFolder folder;
  const std::string texts = npy_of(std::vector<std::string>{"u1"});

  const Status written = write_npz(folder.file("none/a.npz"), {{"utterances", {texts}}});

  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().message, HasSubstr("none/a.npz"));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace mer::data
