#include "storage/sqlite_db.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <limits>
#include <map>
#include <sqlite3.h>
#include <system_error>
#include <unistd.h>

namespace mer::storage {
namespace {

constexpr int kOldestLibrary = 3'040'000;
constexpr int kBusyMilliseconds = 5'000;  // a reader that recovers a killed writer's WAL holds a lock for a moment

// SQLite calls only ENOSPC "full", and forgets the errno of any other failed write before it can be asked. So the
// calls by which it writes report an exhausted quota as a full disk.
ssize_t as_full(ssize_t written) {
  if (written < 0 && (errno == EDQUOT || errno == EFBIG)) errno = ENOSPC;
  return written;
}
ssize_t checked_write(int fd, const void* bytes, std::size_t count) {
  return as_full(write(fd, bytes, count));
}
ssize_t checked_pwrite(int fd, const void* bytes, std::size_t count, off_t offset) {
  return as_full(pwrite(fd, bytes, count, offset));
}

// When a file cannot be made or opened for writing, SQLite opens it for reading, and forgets why.
thread_local int t_creation_errno = 0;
int checked_open(const char* path, int flags, int mode) {
  const int file = open(path, flags, mode);
  if (file < 0 && (flags & O_CREAT) != 0 && errno != EINTR) t_creation_errno = errno;
  return file;
}

// Delayed allocation and network file systems say only at a sync that the disk is full. Of such a call SQLite tells its
// log the errno: here by SQLite's error code, since the clean-up after a failure may fail as well.
thread_local std::map<int, int> t_logged_errno;
void note_errno(void* /*context*/, int rc, const char* message) {
  int number = 0;
  if (std::sscanf(message, "os_unix.c:%*d: (%d)", &number) == 1) t_logged_errno[rc] = number;
}

void check_writes() {
  static std::once_flag once;
  std::call_once(once, [] {
    sqlite3_config(SQLITE_CONFIG_LOG, note_errno, nullptr);
    sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
    const auto replace = [&](const char* name, auto* call) {
      vfs->xSetSystemCall(vfs, name, reinterpret_cast<sqlite3_syscall_ptr>(call));
    };
    replace("open", checked_open);
    replace("write", checked_write);
    replace("pwrite", checked_pwrite);
    replace("pwrite64", checked_pwrite);
  });
}

ErrorCode code_of(int rc) {
  if (rc == SQLITE_IOERR_SHMSIZE) return ErrorCode::no_space;  // the WAL's index could not grow
  switch (rc & 0xff) {
    case SQLITE_FULL: return ErrorCode::no_space;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return ErrorCode::busy;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return ErrorCode::corrupt;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY: return ErrorCode::io;
    default: return ErrorCode::internal;
  }
}

const char* remedy_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::no_space: return "; free some space, nothing was lost: the same command goes on";
    case ErrorCode::busy: return "; another process uses the store";
    case ErrorCode::corrupt:
      return "; restore the file from a copy, or try `sqlite3 mer.db .recover` on a copy of the folder";
    case ErrorCode::io: return "; check the folder's permissions, and that its disk is well and has space";
    default: return "";
  }
}

// Of the system call behind the connection's last error; 0: not known.
int errno_of(sqlite3* db) {
  const int rc = sqlite3_extended_errcode(db);
  const int primary = rc & 0xff;
  if (primary == SQLITE_CANTOPEN || primary == SQLITE_READONLY) return t_creation_errno;
  const auto logged = t_logged_errno.find(rc);
  return logged != t_logged_errno.end() ? logged->second : 0;
}

Error error_of(sqlite3* db, int rc, const std::filesystem::path& opened = "database") {
  const int number = errno_of(db);
  const bool full = number == ENOSPC || number == EDQUOT;
  const ErrorCode code = full ? ErrorCode::no_space : code_of(rc);
  const char* file = sqlite3_db_filename(db, nullptr);
  const std::string words = number == 0 ? "" : ": " + std::generic_category().message(number);
  return {code, (file != nullptr ? file : opened.string()) + ": " + sqlite3_errmsg(db) + words + " (SQLite " +
                    std::to_string(sqlite3_extended_errcode(db)) + ")" + remedy_of(code)};
}

}  // namespace

// --- Statement ---

Statement::Statement(Statement&& other) noexcept
    : db_(other.db_), handle_(other.handle_), in_use_(other.in_use_), bind_error_(other.bind_error_) {
  other.handle_ = nullptr;
}

Statement::~Statement() {
  if (handle_ == nullptr) return;
  sqlite3_reset(handle_);
  sqlite3_clear_bindings(handle_);
  *in_use_ = false;
}

void Statement::restart() {
  sqlite3_reset(handle_);
  bind_error_ = SQLITE_OK;
}

void Statement::bind_one(int index, std::int64_t value) {
  if (const int rc = sqlite3_bind_int64(handle_, index, value); rc != SQLITE_OK) bind_error_ = rc;
}
void Statement::bind_one(int index, double value) {
  if (const int rc = sqlite3_bind_double(handle_, index, value); rc != SQLITE_OK) bind_error_ = rc;
}
void Statement::bind_one(int index, std::string_view value) {
  const char* data = value.data() != nullptr ? value.data() : "";
  const int rc = sqlite3_bind_text64(handle_, index, data, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  if (rc != SQLITE_OK) bind_error_ = rc;
}
void Statement::bind_one(int index, Blob value) {
  const char* data = value.bytes.data() != nullptr ? value.bytes.data() : "";
  const int rc = sqlite3_bind_blob64(handle_, index, data, value.bytes.size(), SQLITE_STATIC);
  if (rc != SQLITE_OK) bind_error_ = rc;
}
void Statement::bind_one(int index, std::nullopt_t) {
  if (const int rc = sqlite3_bind_null(handle_, index); rc != SQLITE_OK) bind_error_ = rc;
}

Result<bool> Statement::step() {
  if (bind_error_ != SQLITE_OK) return error_of(db_, bind_error_);
  const int rc = sqlite3_step(handle_);
  if (rc == SQLITE_ROW) return true;
  if (rc == SQLITE_DONE) return false;
  return error_of(db_, rc);
}

Status Statement::run() {
  return each([](const Statement&) {});
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}
std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(handle_, column);
}
double Statement::real(int column) const {
  return is_null(column) ? std::numeric_limits<double>::quiet_NaN() : sqlite3_column_double(handle_, column);
}
std::optional<double> Statement::optional_real(int column) const {
  if (is_null(column)) return std::nullopt;
  return sqlite3_column_double(handle_, column);
}
std::string Statement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
  if (text == nullptr) return {};
  return {text, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}
std::string_view Statement::blob(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(handle_, column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

// --- SqliteDb ---

SqliteDb::SqliteDb(sqlite3* handle) : handle_(handle), owner_(getpid()) {}

SqliteDb::~SqliteDb() {
  // After fork() the child must not touch the parent's connection: closing it would drop the parent's locks.
  if (owner_ != getpid()) return;
  for (auto& [sql, cached] : statements_) sqlite3_finalize(cached->handle);
  sqlite3_close(handle_);
}

Result<std::shared_ptr<SqliteDb>> SqliteDb::open(const std::filesystem::path& file, const Options& options) {
  if (sqlite3_libversion_number() < kOldestLibrary) {
    return Error{ErrorCode::invalid,
                 std::string("SQLite ") + sqlite3_libversion() + " is too old: 3.40 or newer is needed"};
  }
  check_writes();
  t_creation_errno = 0;
  const int mode = options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  sqlite3* handle = nullptr;
  const int rc = sqlite3_open_v2(file.c_str(), &handle, mode | SQLITE_OPEN_EXRESCODE, nullptr);
  if (handle == nullptr) return Error{ErrorCode::io, file.string() + ": out of memory"};
  std::shared_ptr<SqliteDb> db(new SqliteDb(handle));
  if (rc != SQLITE_OK) return error_of(handle, rc, file);
  MER_TRY(db->configure(options));
  return db;
}

Status SqliteDb::configure(const Options& options) {
  sqlite3_busy_timeout(handle_, kBusyMilliseconds);
  if (options.read_only) {
    // Only the writer checkpoints: SQLite 3.7.0 to 3.51.2 may damage a WAL that two connections reset at once.
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    return execute("PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;");
  }
  MER_TRY(
      execute("PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;"
              "PRAGMA cache_size = -16384;"));
  if (options.network) {
    return execute("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = DELETE; PRAGMA synchronous = EXTRA;");
  }
  return execute(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000;"
      "PRAGMA journal_size_limit = 67108864;");
}

Result<Statement> SqliteDb::prepare(std::string_view sql) {
  auto& cached = statements_[std::string(sql)];
  if (!cached) cached = std::make_unique<Cached>();
  if (cached->handle == nullptr) {
    const int rc = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &cached->handle, nullptr);
    if (rc != SQLITE_OK) return error_of(handle_, rc);
  }
  MER_CHECK(!cached->in_use, "a statement is prepared twice at the same time");
  cached->in_use = true;
  return Statement(handle_, cached->handle, &cached->in_use);
}

Status SqliteDb::execute(const std::string& sql) {
  const int rc = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  return rc == SQLITE_OK ? Status() : Status(error_of(handle_, rc));
}

Result<std::int64_t> SqliteDb::integer(std::string_view sql) {
  MER_ASSIGN(Statement statement, prepare(sql));
  MER_ASSIGN(bool row, statement.step());
  MER_CHECK(row, "a query for one number has no row");
  return statement.integer(0);
}

std::int64_t SqliteDb::last_insert_rowid() const {
  return sqlite3_last_insert_rowid(handle_);
}

// --- Transaction ---

Result<Transaction> Transaction::begin(SqliteDb& db, Kind kind) {
  if (db.owner_ != getpid()) return Error{ErrorCode::internal, "the database was opened before fork()"};
  std::unique_lock lock(db.mutex_);
  MER_TRY(db.execute(kind == Kind::write ? "BEGIN IMMEDIATE" : "BEGIN"));
  return Transaction(db, std::move(lock));
}

Transaction::~Transaction() {
  // Some errors (disk full, I/O) have rolled back already.
  if (db_ != nullptr && sqlite3_get_autocommit(db_->handle_) == 0) (void)db_->execute("ROLLBACK");
}

Status Transaction::commit() {
  MER_TRY(db_->execute("COMMIT"));
  return {};
}

}  // namespace mer::storage
