#include "data/file_io.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

#include "tests/support/temp_dir.hpp"

namespace mer::data {
namespace {

namespace fs = std::filesystem;

Result<WrittenFile> write(const fs::path& path, std::string_view text) {
  return write_file(path.string(), {&text, 1});
}

TEST(FileIoTest, WhatAKilledWriterLeftIsRemovedAndNothingElse) {
  const testing_support::TempDir folder;
  ASSERT_TRUE(write(folder.path() / "kept.json", "content").ok());
  const fs::path unfinished = unfinished_name((folder.path() / "kept.json").string());
  fs::create_directories(unfinished / "features");
  std::ofstream(unfinished.string() + "-0") << "half";

  remove_unfinished(folder.path().string());

  EXPECT_FALSE(fs::exists(unfinished));
  EXPECT_FALSE(fs::exists(unfinished.string() + "-0"));
  EXPECT_TRUE(fs::exists(folder.path() / "kept.json"));
}

TEST(FileIoTest, AKilledWriterWithTheSameProcessNumberIsNotInTheWay) {
  const testing_support::TempDir folder;
  const fs::path path = folder.path() / "file";
  for (int number = 0; number < 100; ++number) {
    std::ofstream(unfinished_name(path.string()) + "-" + std::to_string(number)) << "half";
  }

  const auto written = write(path, "content");

  ASSERT_TRUE(written.ok()) << written.error().message;
  EXPECT_EQ(fs::file_size(path), 7U);
}

}  // namespace
}  // namespace mer::data
