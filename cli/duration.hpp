// Lengths of time as a user writes them.
//
// Threads: pure functions. Errors: invalid, with what is allowed.
#pragma once

#include <chrono>
#include <string>

#include "core/result.hpp"

namespace mer::cli {

// "90" and "90s": seconds; "10m": minutes; "2h": hours. Whole numbers; up to a year.
Result<std::chrono::seconds> duration_from(const std::string& text);

}  // namespace mer::cli
