// How much memory the processes of this machine, or of this cgroup, may still take.
//
// Threads: pure functions of the files below `root`.
#pragma once

#include <cstdint>
#include <filesystem>

namespace mer::worker {

// Bytes: the least of what the kernel calls available and what the memory limits of this process's cgroup and of those
// above it leave (versions 1 and 2), at least 1. 0: not known. `root` holds proc/ and sys/.
std::int64_t usable_memory(const std::filesystem::path& root = "/");

}  // namespace mer::worker
