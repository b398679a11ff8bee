// MER_CHECK: ends the process on a broken invariant (a bug), never on bad input: that is a Result (core/result.hpp).
#pragma once

#include <cstdio>
#include <cstdlib>

#define MER_CHECK(condition, message)                                                                        \
  do {                                                                                                       \
    if (!(condition)) {                                                                                      \
      std::fprintf(stderr, "%s:%d: broken invariant: %s (%s)\n", __FILE__, __LINE__, (message), #condition); \
      std::abort();                                                                                          \
    }                                                                                                        \
  } while (false)
