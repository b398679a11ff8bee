// SqliteDb, Statement, Transaction: a connection to SQLite that closes, resets and rolls back by itself.
//
// Threads: a connection may be shared; a Transaction holds its mutex, and every statement runs inside a Transaction (or
// before the connection is shared). A connection does not survive fork(): the child's transactions are refused.
// Errors: no_space (disk or quota full), busy, io, corrupt; internal for anything that our own SQL should never cause.
#pragma once

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <unordered_map>

#include "core/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace mer::storage {

struct Blob {
  std::string_view bytes;
};

// A prepared statement on loan from its connection's cache; reset when it goes out of scope.
class Statement {
 public:
  Statement(sqlite3* db, sqlite3_stmt* handle, bool* in_use) : db_(db), handle_(handle), in_use_(in_use) {}
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  // Binds parameters 1, 2, ... and starts over. A NaN is bound as NULL. Binding errors show in the next step().
  template <class... Values>
  Statement& bind(const Values&... values) {
    restart();
    int index = 0;
    (bind_one(++index, values), ...);
    return *this;
  }
  // For statements with many parameters: restart(), then each in turn. REQUIRES: index from 1.
  void restart();
  void bind_one(int index, std::int64_t value);
  void bind_one(int index, double value);
  void bind_one(int index, std::string_view value);
  void bind_one(int index, Blob value);  // the bytes must live until the step
  void bind_one(int index, std::nullopt_t);
  void bind_one(int index, std::integral auto value) { bind_one(index, static_cast<std::int64_t>(value)); }
  void bind_one(int index, const std::string& value) { bind_one(index, std::string_view(value)); }
  void bind_one(int index, const char* value) { bind_one(index, std::string_view(value)); }
  template <class T>
  void bind_one(int index, const std::optional<T>& value) {
    value ? bind_one(index, *value) : bind_one(index, std::nullopt);
  }

  // True: a row stands ready; false: the end.
  Result<bool> step();
  // Steps to the end.
  Status run();
  // Calls handle(*this) on each row; a Status that handle returns ends the loop when it is an error.
  template <class Handle>
  Status each(Handle handle) {
    while (true) {
      MER_ASSIGN(bool row, step());
      if (!row) return {};
      if constexpr (std::same_as<decltype(handle(*this)), Status>) {
        MER_TRY(handle(*this));
      } else {
        handle(*this);
      }
    }
  }

  // Columns of the current row, from 0. The view of blob() lives until the next step.
  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  int small(int column) const { return static_cast<int>(integer(column)); }
  double real(int column) const;  // NULL: NaN
  std::optional<double> optional_real(int column) const;
  std::string text(int column) const;
  std::string_view blob(int column) const;

 private:
  sqlite3* db_;
  sqlite3_stmt* handle_;
  bool* in_use_;
  int bind_error_ = 0;
};

class SqliteDb {
 public:
  struct Options {
    bool read_only = false;
    bool network = false;  // rollback journal and exclusive lock instead of WAL
  };
  // Error invalid: the SQLite library is older than 3.40.
  static Result<std::shared_ptr<SqliteDb>> open(const std::filesystem::path& file, const Options& options);

  SqliteDb(const SqliteDb&) = delete;
  SqliteDb& operator=(const SqliteDb&) = delete;
  ~SqliteDb();

  // REQUIRES: no Statement of the same text is alive.
  Result<Statement> prepare(std::string_view sql);
  // Runs any number of statements without parameters.
  Status execute(const std::string& sql);
  // The first column of the first row. REQUIRES: the statement has one.
  Result<std::int64_t> integer(std::string_view sql);

  std::int64_t last_insert_rowid() const;

 private:
  friend class Transaction;
  struct Cached {
    sqlite3_stmt* handle = nullptr;
    bool in_use = false;
  };

  explicit SqliteDb(sqlite3* handle);
  Status configure(const Options& options);

  sqlite3* handle_;
  pid_t owner_;  // the process that opened it
  std::mutex mutex_;
  std::unordered_map<std::string, std::unique_ptr<Cached>> statements_;
};

// Holds the connection's mutex; rolls back unless commit() succeeded. A read transaction sees one state throughout.
class Transaction {
 public:
  enum class Kind { read, write };
  static Result<Transaction> begin(SqliteDb& db, Kind kind);

  Transaction(Transaction&& other) noexcept : db_(other.db_), lock_(std::move(other.lock_)) { other.db_ = nullptr; }
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  Status commit();

 private:
  Transaction(SqliteDb& db, std::unique_lock<std::mutex> lock) : db_(&db), lock_(std::move(lock)) {}

  SqliteDb* db_;
  std::unique_lock<std::mutex> lock_;
};

}  // namespace mer::storage
