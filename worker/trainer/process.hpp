// What the trainer's process is and how it lives: its parent, its signals, its environment, its memory.
//
// Threads: the functions may be called from any thread; call set_up_signals() before others start.
#pragma once

#include <cstdint>
#include <exception>
#include <string>

#include "core/records.hpp"

namespace mer::trainer {

Environment current_environment(int threads, const std::string& device = "cpu");

// Resident bytes of this process at their highest, and now; 0 where it is not known.
std::int64_t peak_memory();
std::int64_t resident_memory();

// True for an allocation that failed, the host's or the device's.
bool is_out_of_memory(const std::exception& error);

// Freed memory stays with the process, so that a step's tensors lie where the last step's lay. By default malloc gives
// large blocks back at once, and the kernel has to clear as many pages again in each step.
void keep_freed_memory();

// The kernel kills this process when its parent dies. False: the parent is already gone.
bool die_with_parent();

// Set by SIGTERM and SIGUSR1 (by SIGINT too for a trainer started by hand): checkpoint and stop every trial.
bool stop_signalled();
void set_up_signals(bool interactive);

}  // namespace mer::trainer
