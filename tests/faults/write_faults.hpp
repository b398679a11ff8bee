// Write faults: at the N-th call by which a process changes a folder, kills it or lets the call fail. Calls are counted
// by taking the place of the C library's functions: linked into a program (its own calls and those of its shared
// libraries, SQLite's among them), or preloaded into one that knows nothing of it:
//
//   LD_PRELOAD=write_faults.so  MER_FAULT_FOLDER=DIR  MER_FAULT=kill-before  MER_FAULT_AT=N
//   MER_FAULT_LASTING=1         every call from the N-th on
//   MER_FAULT_PROGRAM=NAME      in processes of this name only
//   MER_FAULT_MET=FILE          made by the first process that comes to the N-th call; others do not meet it, or, if it
//                               lasts, meet it from their first call
//
// Counted: open with O_CREAT or O_TRUNC, mkdir, rename, unlink, rmdir, write, pwrite, writev, ftruncate, fsync,
// fdatasync and their kin, on paths below the folder and on files in it. Not counted: pipes, sockets, mapped memory.
// Threads: any may write; arm() and disarm() belong to one. Errors: none of its own.
#pragma once

#include <string>

namespace mer::faults {

enum class Kind {
  none,         // only counts
  kill_before,  // SIGKILL, the call is not made
  kill_after,   // SIGKILL once the call is made
  io,           // EIO
  no_space,     // ENOSPC
  short_write,  // half of the bytes, at least one; other calls are as ever
  interrupted,  // EINTR, of the calls that a signal may interrupt
};
constexpr const char* kNames[] = {"none", "kill-before", "kill-after", "eio", "enospc", "short", "eintr"};

struct Fault {
  Kind kind = Kind::none;
  long at = 0;     // number of the call, from 1
  long times = 1;  // calls from there on that fail
};
constexpr long kLasting = 1L << 40;

// From now on calls below `folder` (absolute) count from 1. network: statfs says that it lies on NFS.
void arm(const std::string& folder, const Fault& fault, bool network);
void disarm();

// Since arm(), one letter a call: w writes bytes, i may be interrupted by a signal, - neither.
std::string points();

// While one lives, this process writes as another one that nobody counts.
class Uncounted {
 public:
  Uncounted();
  Uncounted(const Uncounted&) = delete;
  Uncounted& operator=(const Uncounted&) = delete;
  ~Uncounted();
};

}  // namespace mer::faults
