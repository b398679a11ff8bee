#include "cli/mpirun.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace mer::cli {
namespace {

// Runs in the child between fork and exec: async-signal-safe calls only. Never returns.
[[noreturn]] void become_mpirun(const std::vector<char*>& arguments, int output, pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(127);
  const int null = ::open("/dev/null", O_RDONLY);
  ::dup2(null, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execvp(arguments[0], arguments.data());
  ::_exit(127);
}

}  // namespace

std::vector<std::string> mpirun_arguments(const LaunchOptions& options) {
  std::vector<std::string> arguments = {"mpirun"};
  if (options.as_root) arguments.emplace_back("--allow-run-as-root");
  // All ranks are on this machine. Binding is the agents' business; TCP over loopback leaves nothing in /dev/shm when a
  // rank is killed.
  for (const char* word : {"--bind-to", "none", "--oversubscribe", "--mca", "btl", "self,tcp", "--mca",
                           "btl_tcp_if_include", "lo", "--mca", "oob_tcp_if_include", "lo", "-n", "1"}) {
    arguments.emplace_back(word);
  }
  arguments.push_back((options.programs / "mer-coordinator").string());
  arguments.insert(arguments.end(),
                   {"--store", options.store.string(), "--sweep", std::to_string(options.sweep.number)});
  if (!options.web) arguments.emplace_back("--no-web");
  arguments.insert(arguments.end(), {":", "-n", std::to_string(options.workers)});
  arguments.push_back((options.programs / "mer-worker").string());
  return arguments;
}

Result<Mpirun> Mpirun::start(const LaunchOptions& options) {
  std::vector<std::string> words = mpirun_arguments(options);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) {
    return Error{ErrorCode::io, std::string("cannot make a pipe for mpirun: ") + std::strerror(errno)};
  }
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) become_mpirun(arguments, pipe[1], parent);
  ::close(pipe[1]);
  if (child < 0) {
    ::close(pipe[0]);
    return Error{ErrorCode::unavailable, std::string("cannot start mpirun: ") + std::strerror(errno)};
  }
  return Mpirun(child, pipe[0]);
}

Mpirun::Mpirun(Mpirun&& other) noexcept
    : child_(std::exchange(other.child_, -1)), output_(std::exchange(other.output_, -1)), reaped_(other.reaped_) {}

Mpirun::~Mpirun() {
  if (output_ >= 0) ::close(output_);
  if (child_ > 0 && !reaped_) {
    ::kill(child_, SIGTERM);
    ::waitpid(child_, nullptr, 0);
  }
}

std::string Mpirun::read_output(int milliseconds) {
  if (output_ < 0) return "";
  pollfd waiting{output_, POLLIN, 0};
  if (::poll(&waiting, 1, milliseconds) <= 0) return "";
  std::array<char, 65536> buffer{};
  const ssize_t count = ::read(output_, buffer.data(), buffer.size());
  if (count > 0) return {buffer.data(), std::size_t(count)};
  if (count == 0 || errno != EINTR) {
    ::close(output_);
    output_ = -1;
  }
  return "";
}

bool Mpirun::ended() {
  if (output_ >= 0) return false;
  if (!reaped_) reaped_ = ::waitpid(child_, nullptr, WNOHANG) == child_;
  return reaped_;
}

void Mpirun::request_pause() {
  if (!reaped_) ::kill(child_, SIGUSR1);
}

void Mpirun::kill() {
  if (!reaped_) ::kill(child_, SIGTERM);
}

}  // namespace mer::cli
