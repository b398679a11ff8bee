// What a child prints, as it comes.
//
// Threads: the descriptor's owner. Errors: none; one that cannot be read is read to its end.
#pragma once

#include <string>

#include "core/descriptor.hpp"

namespace mer::cli {

// Waits up to `milliseconds` and returns what came; empty: nothing yet, or, where `output` is closed then, nothing
// more.
std::string read_some(Descriptor& output, int milliseconds);

}  // namespace mer::cli
