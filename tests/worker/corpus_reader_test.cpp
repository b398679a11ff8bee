#include "worker/corpus_reader.hpp"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "data/corpus.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/tiny_sweep.hpp"

namespace mer::worker {
namespace {

using testing::HasSubstr;

class CorpusReaderTest : public ::testing::Test {
 protected:
  CorpusReaderTest() { EXPECT_TRUE(data::write_corpus(testing_support::tiny_corpus(), corpus_)); }

  CorpusAnswer answer(const std::string& file, std::int64_t offset, std::int64_t bytes) {
    return reader_.answer({7, corpus_, file, offset, bytes});
  }

  testing_support::TempDir folder_;
  std::string corpus_ = (folder_.path() / "corpus").string();
  CorpusReader reader_;
};

TEST_F(CorpusReaderTest, ListsTheFilesWithTheirSizes) {
  std::ofstream(corpus_ + "/notes.txt") << "of no interest";

  const CorpusAnswer list = answer("", 0, 0);

  EXPECT_EQ(list.number, 7U);
  EXPECT_EQ(list.error, "");
  ASSERT_EQ(list.files.size(), 4U);
  EXPECT_EQ(list.files[0].name, "corpus.json");
  EXPECT_EQ(list.files[3].name, "features/text.safetensors");
  for (const CorpusFile& file : list.files) {
    EXPECT_EQ(std::size_t(file.bytes), std::filesystem::file_size(corpus_ + "/" + file.name));
  }
}

TEST_F(CorpusReaderTest, GivesThePartThatIsAskedFor) {
  const CorpusAnswer part = answer("utterances.csv", 10, 8);

  EXPECT_EQ(std::string(part.bytes.begin(), part.bytes.end()), "dialogue");
  EXPECT_EQ(part.error, "");
}

TEST_F(CorpusReaderTest, ReplacedFilesAreReadAnewForTheNextCopy) {
  answer("utterances.csv", 0, 4);
  std::filesystem::remove(corpus_ + "/utterances.csv");
  std::ofstream(corpus_ + "/utterances.csv") << "new!";

  answer("", 0, 0);
  const CorpusAnswer part = answer("utterances.csv", 0, 4);

  EXPECT_EQ(std::string(part.bytes.begin(), part.bytes.end()), "new!");
}

TEST_F(CorpusReaderTest, SaysWhatItCannotRead) {
  EXPECT_THAT(answer("utterances.csv", 1 << 20, 4).error, HasSubstr("utterances.csv: became shorter"));
  EXPECT_THAT(answer("gone", 0, 4).error, HasSubstr(corpus_ + "/gone: No such file"));
  EXPECT_THAT(answer("features", 0, 4).error, HasSubstr("is not a regular file"));
  EXPECT_THAT(reader_.answer({1, "/nowhere", "", 0, 0}).error, HasSubstr("/nowhere/corpus.json: No such file"));
}

TEST_F(CorpusReaderTest, RefusesAPartThatIsTooLarge) {
  EXPECT_THAT(answer("corpus.json", 0, kCorpusPart + 1).error, HasSubstr("at most 1048576"));
  EXPECT_THAT(answer("corpus.json", -1, 1).error, HasSubstr("was asked for"));
  EXPECT_THAT(answer("corpus.json", 0, -1).error, HasSubstr("was asked for"));
}

TEST_F(CorpusReaderTest, NeverWaitsForAPipe) {
  std::filesystem::remove(corpus_ + "/utterances.csv");
  ASSERT_EQ(::mkfifo((corpus_ + "/utterances.csv").c_str(), 0600), 0);

  EXPECT_THAT(answer("", 0, 0).error, HasSubstr("is not a regular file"));
}

}  // namespace
}  // namespace mer::worker
