#include "worker/extractor/partial_matrix.hpp"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>

#include "data/safetensors.hpp"
#include "tests/support/temp_dir.hpp"

namespace mer::extractor {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::Optional;

class PartialMatrixTest : public testing::Test {
 protected:
  PartialMatrix open(const std::string& key = "key", bool published = false) {
    Result<PartialMatrix> matrix = PartialMatrix::open(
        {.file = file(), .rows = 3, .dim = 2, .metadata = {{"method", "m"}}, .key = key, .published = published});
    EXPECT_TRUE(matrix) << matrix.error().message;
    return std::move(matrix).value();
  }

  static void put(PartialMatrix& matrix, std::size_t row, std::vector<float> values) {
    const Status put = matrix.put(row, "input" + std::to_string(row), values);
    EXPECT_TRUE(put) << put.error().message;
  }

  void put_all(PartialMatrix& matrix) {
    put(matrix, 2, {5, 6});
    put(matrix, 0, {1, 2});
    put(matrix, 1, {3, 4});
  }

  fs::path file() const { return folder_.path() / "audio.safetensors"; }
  fs::path partial() const { return folder_.path() / ".audio.partial"; }
  fs::path journal() const { return folder_.path() / ".audio.journal"; }

  static std::string text_of(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::vector<float> values() const {
    const auto opened = data::SafetensorsFile::open(file().string());
    EXPECT_TRUE(opened) << opened.error().message;
    const auto tensor = opened->find("features");
    EXPECT_EQ(tensor->shape, (std::vector<std::int64_t>{3, 2}));
    EXPECT_EQ(opened->metadata().at("method"), "m");
    const auto* numbers = reinterpret_cast<const float*>(tensor->bytes.data());
    return {numbers, numbers + tensor->bytes.size() / sizeof(float)};
  }

  testing_support::TempDir folder_;
};

TEST_F(PartialMatrixTest, AFileAppearsWholeWhenItIsComplete) {
  PartialMatrix matrix = open();
  put_all(matrix);
  EXPECT_FALSE(fs::exists(file()));

  ASSERT_TRUE(matrix.complete());
  ASSERT_TRUE(matrix.forget());

  EXPECT_THAT(values(), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path()), {}), 1);
}

TEST_F(PartialMatrixTest, RowsOfARunBeforeAreHeldForTheSameInputs) {
  {
    PartialMatrix matrix = open();
    put(matrix, 1, {3, 4});
  }

  const PartialMatrix matrix = open();

  EXPECT_EQ(matrix.journalled(), 1U);
  EXPECT_THAT(matrix.held(1, "input1"), Optional(ElementsAre(3, 4)));
  EXPECT_EQ(matrix.held(1, "changed"), std::nullopt);
  EXPECT_EQ(matrix.held(0, "input0"), std::nullopt);
}

TEST_F(PartialMatrixTest, ARowWhoseBytesAreOthersIsNotHeld) {
  {
    PartialMatrix matrix = open();
    put_all(matrix);
  }
  const std::string before = text_of(partial());
  std::fstream(partial(), std::ios::in | std::ios::out | std::ios::binary).seekp(-1, std::ios::end).put('x');

  const PartialMatrix matrix = open();

  EXPECT_NE(text_of(partial()), before);
  EXPECT_EQ(matrix.held(2, "input2"), std::nullopt);
  EXPECT_TRUE(matrix.held(1, "input1"));
}

// A journal that ends anywhere: the rows whose lines are whole are held, and later ones are understood.
TEST_F(PartialMatrixTest, AJournalThatWasCutOffAnywhereIsGoneOnWith) {
  {
    PartialMatrix matrix = open();
    put_all(matrix);
  }
  const std::string whole = text_of(journal());
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    std::ofstream(journal(), std::ios::binary | std::ios::trunc) << whole.substr(0, length);
    {
      PartialMatrix matrix = open();
      for (const std::size_t row : {0, 1, 2}) {
        if (!matrix.held(row, "input" + std::to_string(row)))
          put(matrix, row, {float(2 * row + 1), float(2 * row + 2)});
      }
    }

    const PartialMatrix matrix = open();

    EXPECT_THAT(matrix.held(0, "input0"), Optional(ElementsAre(1, 2))) << length;
    EXPECT_THAT(matrix.held(1, "input1"), Optional(ElementsAre(3, 4))) << length;
    EXPECT_THAT(matrix.held(2, "input2"), Optional(ElementsAre(5, 6))) << length;
  }
}

TEST_F(PartialMatrixTest, WhatWasMadeUnderAnotherKeyIsDiscarded) {
  {
    PartialMatrix matrix = open("key");
    put_all(matrix);
    EXPECT_FALSE(matrix.discarded());
  }

  const PartialMatrix matrix = open("other");

  EXPECT_TRUE(matrix.discarded());
  EXPECT_EQ(matrix.journalled(), 0U);
  EXPECT_EQ(matrix.held(0, "input0"), std::nullopt);
}

// Killed after the file had its name, before the corpus named it.
TEST_F(PartialMatrixTest, ACompleteFileThatNobodyNamesIsGoneOnWith) {
  {
    PartialMatrix matrix = open();
    put_all(matrix);
    ASSERT_TRUE(matrix.complete());
  }

  PartialMatrix matrix = open();

  EXPECT_EQ(matrix.journalled(), 3U);
  EXPECT_THAT(matrix.held(2, "input2"), Optional(ElementsAre(5, 6)));
  ASSERT_TRUE(matrix.complete());
  EXPECT_THAT(values(), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(PartialMatrixTest, AFileThatTheCorpusNamesIsNotTouched) {
  {
    PartialMatrix matrix = open();
    put_all(matrix);
    ASSERT_TRUE(matrix.complete());
  }
  const std::string before = text_of(file());

  PartialMatrix matrix = open("key", true);
  put(matrix, 0, {9, 9});

  EXPECT_EQ(matrix.journalled(), 0U);
  EXPECT_EQ(text_of(file()), before);
}

}  // namespace
}  // namespace mer::extractor
