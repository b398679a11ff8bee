#include "storage/endpoint.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/storage/builders.hpp"
#include "tests/storage/file_size_limit.hpp"

namespace mer::storage::test {
namespace {

class EndpointTest : public testing::Test {
 protected:
  TemporaryFolder folder_;
  StoreDir store_ = StoreDir::create(folder_.path()).value();
  const std::filesystem::path file_ = folder_.path() / "endpoint.json";
};

TEST_F(EndpointTest, IsReadAsItWasWrittenAndNobodyElseMay) {
  const Endpoint endpoint{"node1", 77, "127.0.0.1", 4711, new_token().value(), "-----BEGIN", "AB:CD"};

  ASSERT_TRUE(write_endpoint(store_, endpoint).ok());
  ASSERT_TRUE(write_endpoint(store_, endpoint).ok()) << "over a killed one's";

  EXPECT_EQ(read_endpoint(store_).value(), endpoint);
  struct stat facts {};
  ASSERT_EQ(::stat(file_.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
  remove_endpoint(store_);
  EXPECT_EQ(read_endpoint(store_).error().code, ErrorCode::not_found);
}

TEST_F(EndpointTest, AnotherFileIsNoEndpoint) {
  for (const char* text :
       {"", "7", "{\"format\": 9}",
        R"({"format":2,"host":"a","pid":1,"address":"b","port":"x","token":"c","certificate":"","fingerprint":""})"}) {
    std::ofstream(file_) << text;
    EXPECT_EQ(read_endpoint(store_).error().code, ErrorCode::corrupt) << text;
  }
}

TEST_F(EndpointTest, OneThatCannotBeWrittenSaysWhichFile) {
  const std::filesystem::path draft = file_.string() + ".new";
  std::filesystem::create_directory(draft);
  EXPECT_NE(write_endpoint(store_, {}).error().message.find(draft.string() + ": cannot make"), std::string::npos);
  std::filesystem::remove(draft);

  {
    const FileSizeLimit full(8);
    EXPECT_EQ(write_endpoint(store_, {}).error().code, ErrorCode::no_space);
  }

  std::filesystem::create_directories(file_ / "in the way");
  EXPECT_NE(write_endpoint(store_, {}).error().message.find(": cannot rename"), std::string::npos);
}

TEST_F(EndpointTest, TokensAreLongAndDiffer) {
  const std::string one = new_token().value();
  EXPECT_EQ(one.size(), 64U);
  EXPECT_NE(one, new_token().value());
}

}  // namespace
}  // namespace mer::storage::test
