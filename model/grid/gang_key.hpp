// agree_on_key(): how the members of a gang find each other's devices: by a key (NCCL's unique id) that the leader
// makes and the host's gang carries.
//
// Threads: one thread a member. Errors: std::runtime_error, on every member if it is on one, with what to do.
#pragma once

#include <functional>
#include <string>

#include "core/gang.hpp"

namespace mer::grid {

// version: of this member's NCCL, 0: it has none. make: called on the leader; may throw.
std::string agree_on_key(Gang& gang, int version, const std::function<std::string()>& make);

}  // namespace mer::grid
