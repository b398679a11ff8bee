#include "core/unix_time.hpp"

#include <chrono>

namespace mer {

double unix_time() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace mer
