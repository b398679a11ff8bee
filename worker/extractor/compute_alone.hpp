// How the threads of the extractor share the cores: each computes alone.
//
// Threads: sets those of the one that calls. Errors: none.
#pragma once

#include <ATen/Parallel.h>

namespace mer::extractor {

// LibTorch sets the threads of its libraries for the thread that calls.
inline void compute_alone() {
  thread_local const bool once = (at::set_num_threads(1), true);
  (void)once;
}

}  // namespace mer::extractor
