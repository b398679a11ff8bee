// The name by which this machine knows itself: what records say and what endpoints are compared with.
//
// Threads: any. Errors: none; empty where the system does not say.
#pragma once

#include <string>

namespace mer {

std::string host_name();

}  // namespace mer
