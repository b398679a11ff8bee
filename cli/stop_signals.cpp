#include "cli/stop_signals.hpp"

#include <csignal>
#include <sys/signalfd.h>
#include <unistd.h>

namespace mer::cli {

StopSignals::StopSignals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) ::sigaddset(&set, signal);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  descriptor_ = Descriptor(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
}

int StopSignals::next() {
  signalfd_siginfo info{};
  return ::read(descriptor_.get(), &info, sizeof info) == ssize_t(sizeof info) ? int(info.ssi_signo) : 0;
}

}  // namespace mer::cli
