// Descriptors that close themselves, pipes made of them, and what the system says when a call fails.
//
// Every descriptor that mer opens is close-on-exec, so that no child keeps a pipe or a lock open. Threads: one owner.
// Errors of system_error: not_found (the path is not there), no_space (disk, quota or file size limit),
// unavailable (nobody reads the pipe), else io.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace mer {

// "WHAT: the system's words", with the code that fits the errno; for no_space also how to mend it.
Error system_error(int number, const std::string& what);

// Writes all of `bytes`, however many calls it takes. `name`: of the file, for the error.
Status write_all(int fd, std::string_view bytes, const std::string& name);

// An open file descriptor, or none (-1).
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release();  // the caller closes it
  void reset();   // closes it now; a failure of close is lost (release() and close(2) where it matters)

 private:
  int fd_;
};

struct Pipe {
  Descriptor read_end, write_end;

  // Both ends get numbers from `first_free` on, clear of those that a child is given.
  static Result<Pipe> make(int first_free = 3);
};

}  // namespace mer
