// The kernels of model/kernels once more, as plain loops: the lowest rung of the kernel ladder.
//
// Threads: pure functions. Errors: none; sizes that do not fit are bugs.
#pragma once

#include "model/kernels/kernels.hpp"

namespace mer::bench {

// A table of functions like those of an instruction set; without what the ladder does not climb.
kernels::Kernels<float> plain_loops();

}  // namespace mer::bench
