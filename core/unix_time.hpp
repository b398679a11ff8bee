// The system's clock: seconds since 1970. Stands in records, decides nothing.
//
// Threads: any. Errors: none.
#pragma once

namespace mer {

double unix_time();

}  // namespace mer
