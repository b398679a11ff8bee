// Result<T>: a value or an Error. Expected failures travel as values; exceptions never cross a library's boundary.
//
// Threads: plain values. Errors: message says what, where, what was expected and how to mend it.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "core/check.hpp"

namespace mer {

enum class ErrorCode {
  invalid,       // bad input of the user: sweep file, corpus, command line
  not_found,     // no such sweep, trial, file
  corrupt,       // a file or row is not what was written
  stale,         // an attempt or lease that is no longer the current one
  busy,          // the store is held by another process
  unauthorised,  // a token is missing or wrong
  unavailable,   // the other side cannot be reached; try again
  no_space,      // disk full
  io,            // any other failure of the operating system
  timeout,
  internal,  // a bug
};

// The code's name as it stands in JSON, e.g. "not_found".
const char* name_of(ErrorCode code);

// True when the same call may succeed later without a change of input.
bool retryable(ErrorCode code);

struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string message;

  bool operator==(const Error&) const = default;
};

inline Error invalid(std::string message) {
  return {ErrorCode::invalid, std::move(message)};
}

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit by design
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit by design

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // REQUIRES: ok().
  T& value() & {
    MER_CHECK(ok(), error_text());
    return std::get<0>(state_);
  }
  const T& value() const& {
    MER_CHECK(ok(), error_text());
    return std::get<0>(state_);
  }
  // By value, so that `for (x : *f())` does not range over a dead temporary.
  T value() && {
    MER_CHECK(ok(), error_text());
    return std::get<0>(std::move(state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // REQUIRES: !ok().
  const Error& error() const {
    MER_CHECK(!ok(), "error() of a Result that holds a value");
    return std::get<1>(state_);
  }

 private:
  const char* error_text() const { return ok() ? "" : std::get<1>(state_).message.c_str(); }

  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: implicit by design

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }

  // REQUIRES: !ok().
  const Error& error() const {
    MER_CHECK(!ok(), "error() of a Status that is ok");
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace mer

// MER_TRY(expr): leaves the function with expr's error, if it has one.
#define MER_TRY(expr)                                                     \
  do {                                                                    \
    if (auto mer_status = (expr); !mer_status) return mer_status.error(); \
  } while (false)

#define MER_CONCAT_INNER(a, b) a##b
#define MER_CONCAT(a, b) MER_CONCAT_INNER(a, b)
// MER_ASSIGN(auto x, expr): x is expr's value, or the function leaves with its error.
#define MER_ASSIGN(declaration, expr) MER_ASSIGN_INNER(MER_CONCAT(mer_result_, __LINE__), declaration, expr)
#define MER_ASSIGN_INNER(name, declaration, expr) \
  auto name = (expr);                             \
  if (!name) return name.error();                 \
  declaration = std::move(name).value()
