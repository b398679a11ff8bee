// StopSignals: the signals that end a run, as something to poll.
//
// From the first object on they are blocked in this process: a child that shall be ended by them unblocks them.
// Threads: construct it before others start. Errors: none.
#pragma once

#include "core/descriptor.hpp"

namespace mer::cli {

class StopSignals {
 public:
  StopSignals();  // INT, TERM, HUP, USR1

  // The next signal that has arrived, 0: none.
  int next();

 private:
  Descriptor descriptor_;
};

}  // namespace mer::cli
