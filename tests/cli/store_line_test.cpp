// The reader by way of a coordinator, over HTTP: the conformance suite of readers, and what it does at the ends.
#include "cli/store_line.hpp"

#include <gtest/gtest.h>
#include <optional>
#include <utility>

#include "cli/coordinator_client.hpp"
#include "core/host_name.hpp"
#include "data/file_io.hpp"
#include "storage/endpoint.hpp"
#include "storage/reader_codec.hpp"
#include "storage/sqlite_reader.hpp"
#include "storage/sqlite_store.hpp"
#include "storage/submission_codec.hpp"
#include "tests/storage/conformance.hpp"
#include "tests/support/tiny_sweep.hpp"
#include "web/server.hpp"

namespace mer::storage::test {
namespace {

// A store, and a server on it as a coordinator has one, whose readers share the writer's connection.
class Served {
 public:
  Served() : dir_(StoreDir::create(folder_.path()).value()), writer_(SqliteStore::open(dir_).value()) { serve(); }

  void serve() {
    const Endpoint endpoint{host_name(), 1, "127.0.0.1", 0, new_token().value()};
    web::HttpOptions options;
    options.control_token = endpoint.token;
    web::ServerControls controls;
    controls.submission = [this](const std::string& file) -> Result<Submission> {
      MER_ASSIGN(const std::string bytes, data::read_file((dir_.submissions() / file).string(), 1 << 20));
      return submission_from(bytes);
    };
    server_.emplace(
        options,
        [this]() -> Result<std::unique_ptr<ResultReader>> {
          return std::unique_ptr<ResultReader>(std::make_unique<SqliteReader>(writer_->connection()));
        },
        controls);
    Endpoint bound = endpoint;
    bound.port = server_->start().value();
    EXPECT_TRUE(write_endpoint(dir_, bound).ok());
  }
  void stop() {
    server_.reset();
    remove_endpoint(dir_);
  }

  const StoreDir& dir() const { return dir_; }
  SqliteStore& writer() { return *writer_; }

 private:
  TemporaryFolder folder_;
  StoreDir dir_;
  std::unique_ptr<SqliteStore> writer_;
  std::optional<web::Server> server_;  // last: its threads use the rest
};

class RemoteUnderTest final : public StoreUnderTest {
 public:
  ResultWriter& writer() override { return served_.writer(); }
  ResultReader& reader() override { return *reader_; }
  std::unique_ptr<ResultWriter> second_writer() override { return SqliteStore::open(served_.dir()).value(); }

 private:
  Served served_;
  std::unique_ptr<ResultReader> reader_ = cli::reader_by_coordinator(served_.dir());
};

TEST(StoreLine, CountsWhatASubmissionWouldReuseAndLeavesNoFile) {
  Served served;
  const auto planned = testing_support::plan_tiny_sweep(R"("train": {"epochs": 2})");
  const Submission& submission = planned.plan->submission;
  ASSERT_TRUE(served.writer().submit(submission).ok());
  const TrialId done = submission.trials[0].spec.id;
  ASSERT_TRUE(served.writer().commit(std::vector<StoreWrite>{claim(done, 1), recorded(done, 1, finished_of(5))}).ok());
  const auto reader = cli::reader_by_coordinator(served.dir());

  EXPECT_EQ(*reader->count_reusable(submission),
            *SqliteReader(served.writer().connection()).count_reusable(submission));

  EXPECT_TRUE(std::filesystem::is_empty(served.dir().submissions()));
}

TEST(StoreLine, ReadsTheStoreItselfOnceTheCoordinatorHasEnded) {
  Served served;
  ASSERT_TRUE(served.writer().submit(submission_of({})).ok());
  const auto reader = cli::reader_by_coordinator(served.dir());
  ASSERT_EQ(reader->sweeps()->size(), 1u);

  served.stop();

  EXPECT_EQ(reader->sweeps()->size(), 1u);
}

TEST(StoreLine, AsksTheCoordinatorThatFollowsAnother) {
  Served served;
  ASSERT_TRUE(served.writer().submit(submission_of({})).ok());
  const auto reader = cli::reader_by_coordinator(served.dir());
  served.stop();
  served.serve();

  EXPECT_EQ(reader->sweeps()->size(), 1u);
}

TEST(StoreLine, OfOneThatCannotBeAskedSaysWhatToDo) {
  Served served;
  const auto client = cli::CoordinatorClient::of(served.dir()).value();

  EXPECT_EQ(client.post("/api/v1/reader/nonsense", {}).error().code, ErrorCode::not_found);
  const std::string answer = client.post("/api/v1/reader/reusable", {{"file", "../../etc/passwd"}}).value();
  EXPECT_EQ(value_in<std::int64_t>(answer).error().code, ErrorCode::invalid);
}

}  // namespace

std::unique_ptr<StoreUnderTest> make_store(const std::string&) {
  return std::make_unique<RemoteUnderTest>();
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreConformance, testing::Values("Remote"),
                         [](const auto& kind) { return kind.param; });

}  // namespace mer::storage::test
