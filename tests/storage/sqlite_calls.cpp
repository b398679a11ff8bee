#include "tests/storage/sqlite_calls.hpp"

#include <dlfcn.h>
#include <sqlite3.h>
#include <string_view>

namespace mer::storage::test {
namespace {

thread_local bool t_counting = false;
thread_local int t_calls = 0;
thread_local int t_failing = 0;
thread_local int t_code = SQLITE_OK;

int outcome_of_call() {
  if (!t_counting) return SQLITE_OK;
  return ++t_calls == t_failing ? t_code : SQLITE_OK;
}

// The library's own calls to its functions are none of the store's.
class Uncounted {
 public:
  Uncounted() : was_(t_counting) { t_counting = false; }
  Uncounted(const Uncounted&) = delete;
  Uncounted& operator=(const Uncounted&) = delete;
  ~Uncounted() { t_counting = was_; }

 private:
  bool was_;
};

template <class Function, class... Arguments>
int hand_on(Function* /*type*/, const char* name, Arguments... arguments) {
  const Uncounted uncounted;
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name))(arguments...);
}

}  // namespace

void SqliteCalls::fail_at(int n, int code) {
  t_calls = 0;
  t_failing = n;
  t_code = code;
  t_counting = true;
}

int SqliteCalls::stop() {
  t_counting = false;
  return t_calls;
}

}  // namespace mer::storage::test

using mer::storage::test::hand_on;
using mer::storage::test::outcome_of_call;

extern "C" {

int sqlite3_open_v2(const char* file, sqlite3** db, int flags, const char* vfs) {
  const int rc = outcome_of_call();
  if (rc == SQLITE_NOMEM) return *db = nullptr, rc;
  const int opened = hand_on(&sqlite3_open_v2, "sqlite3_open_v2", file, db, flags, vfs);
  return rc != SQLITE_OK ? rc : opened;
}

int sqlite3_exec(sqlite3* db, const char* sql, sqlite3_callback callback, void* argument, char** message) {
  if (std::string_view(sql) != "ROLLBACK") {
    if (const int rc = outcome_of_call(); rc != SQLITE_OK) return rc;
  }
  return hand_on(&sqlite3_exec, "sqlite3_exec", db, sql, callback, argument, message);
}

int sqlite3_prepare_v3(sqlite3* db, const char* sql, int bytes, unsigned flags, sqlite3_stmt** statement,
                       const char** tail) {
  if (const int rc = outcome_of_call(); rc != SQLITE_OK) return rc;
  return hand_on(&sqlite3_prepare_v3, "sqlite3_prepare_v3", db, sql, bytes, flags, statement, tail);
}

int sqlite3_step(sqlite3_stmt* statement) {
  if (const int rc = outcome_of_call(); rc != SQLITE_OK) return rc;
  return hand_on(&sqlite3_step, "sqlite3_step", statement);
}

int sqlite3_bind_int64(sqlite3_stmt* statement, int index, sqlite3_int64 value) {
  if (const int rc = outcome_of_call(); rc != SQLITE_OK) return rc;
  return hand_on(&sqlite3_bind_int64, "sqlite3_bind_int64", statement, index, value);
}

int sqlite3_bind_double(sqlite3_stmt* statement, int index, double value) {
  if (const int rc = outcome_of_call(); rc != SQLITE_OK) return rc;
  return hand_on(&sqlite3_bind_double, "sqlite3_bind_double", statement, index, value);
}

int sqlite3_bind_null(sqlite3_stmt* statement, int index) {
  if (const int rc = outcome_of_call(); rc != SQLITE_OK) return rc;
  return hand_on(&sqlite3_bind_null, "sqlite3_bind_null", statement, index);
}

int sqlite3_bind_text64(sqlite3_stmt* statement, int index, const char* text, sqlite3_uint64 bytes,
                        sqlite3_destructor_type destructor, unsigned char encoding) {
  if (const int rc = outcome_of_call(); rc != SQLITE_OK) return rc;
  return hand_on(&sqlite3_bind_text64, "sqlite3_bind_text64", statement, index, text, bytes, destructor, encoding);
}

int sqlite3_bind_blob64(sqlite3_stmt* statement, int index, const void* data, sqlite3_uint64 bytes,
                        sqlite3_destructor_type destructor) {
  if (const int rc = outcome_of_call(); rc != SQLITE_OK) return rc;
  return hand_on(&sqlite3_bind_blob64, "sqlite3_bind_blob64", statement, index, data, bytes, destructor);
}

}  // extern "C"
