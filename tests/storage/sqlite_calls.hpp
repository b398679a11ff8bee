// SqliteCalls: lets one of the store's calls to SQLite fail. This program takes the library's place for the functions
// that open, prepare, bind, step and execute, and hands every other call on.
//
// ROLLBACK is never the one: SQLite does not let it fail. Threads: each has its own count.
#pragma once

namespace mer::storage::test {

class SqliteCalls {
 public:
  // The n-th call from now on, from 1, does nothing and answers `code`. 0: none.
  static void fail_at(int n, int code);
  // How many there were; from now on none fails.
  static int stop();
};

}  // namespace mer::storage::test
