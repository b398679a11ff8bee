// What stands in a trial's log when another log has what its trainer printed: one trainer, one log, several trials.
//
// Threads: pure functions. Errors: none.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mer {

// The line, without its end. `log`: "logs/TRIAL/ATTEMPT.log", within the store.
std::string log_pointer(const std::string& log);

// The log that a file beginning with `text` points to; nullopt: it is the log itself, or the line is not complete.
std::optional<std::string> pointed_log(std::string_view text);

}  // namespace mer
