#include "core/pause_signals.hpp"

#include <ctime>

namespace mer {

PauseSignals::PauseSignals() {
  ::sigemptyset(&set_);
  ::sigaddset(&set_, SIGUSR1);
  ::sigaddset(&set_, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &set_, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

bool PauseSignals::arrived() const {
  const timespec at_once{0, 0};
  return ::sigtimedwait(&set_, nullptr, &at_once) > 0;
}

}  // namespace mer
