#include <cstdlib>

#include "storage/memory_store.hpp"
#include "storage/sqlite_reader.hpp"
#include "storage/sqlite_store.hpp"
#include "tests/storage/conformance.hpp"

namespace mer::storage::test {
namespace {

class MemoryUnderTest final : public StoreUnderTest {
 public:
  ResultWriter& writer() override { return store_; }
  ResultReader& reader() override { return store_; }
  std::unique_ptr<ResultWriter> second_writer() override { return store_.reopen(); }

 private:
  MemoryStore store_;
};

class SqliteUnderTest final : public StoreUnderTest {
 public:
  explicit SqliteUnderTest(bool shared)
      : dir_(StoreDir::create(folder_.path()).value()), writer_(SqliteStore::open(dir_).value()) {
    if (shared) {
      reader_ = std::make_unique<SqliteReader>(writer_->connection());
    } else {
      reader_ = open_reader(dir_, writer_.get()).value();
    }
  }
  ResultWriter& writer() override { return *writer_; }
  ResultReader& reader() override { return *reader_; }
  std::unique_ptr<ResultWriter> second_writer() override { return SqliteStore::open(dir_).value(); }

 private:
  TemporaryFolder folder_;
  StoreDir dir_;
  std::unique_ptr<SqliteStore> writer_;
  std::unique_ptr<ResultReader> reader_;
};

}  // namespace

std::unique_ptr<StoreUnderTest> make_store(const std::string& kind) {
  if (kind == "Memory") return std::make_unique<MemoryUnderTest>();
  return std::make_unique<SqliteUnderTest>(kind == "SqliteShared");
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreConformance, testing::Values("Memory", "Sqlite", "SqliteShared"),
                         [](const auto& kind) { return kind.param; });

}  // namespace mer::storage::test
