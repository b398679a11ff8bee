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

// What the child gets of its parent.
struct Inherited {
  pid_t parent = -1;
  int output = -1;   // becomes its standard output
  int failure = -1;  // takes errno when exec fails; exec closes it
};

// Runs in the child between fork and exec: async-signal-safe calls only. Never returns.
[[noreturn]] void become_mpirun(const std::vector<char*>& arguments, const Inherited& inherited) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != inherited.parent) ::_exit(127);
  const int null = ::open("/dev/null", O_RDONLY);
  ::dup2(null, STDIN_FILENO);
  ::dup2(inherited.output, STDOUT_FILENO);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execvp(arguments[0], arguments.data());
  const int number = errno;
  (void)!::write(inherited.failure, &number, sizeof number);
  ::_exit(127);
}

// Waits for the child's exec: the errno with which it failed, 0: mpirun runs.
int exec_failure(int pipe) {
  int number = 0;
  ssize_t count = 0;
  do {
    count = ::read(pipe, &number, sizeof number);
  } while (count < 0 && errno == EINTR);
  return count == ssize_t(sizeof number) ? number : 0;
}

Error cannot_start(int number) {
  const std::string what = number == ENOENT ? "mpirun was not found on PATH" : "mpirun cannot be started";
  return {ErrorCode::unavailable,
          what + " (" + std::strerror(number) + "): " + kMpirunRemedy + "; `merctl doctor` examines this machine"};
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
  arguments.push_back((options.programs / (options.join ? "mer-gateway" : "mer-coordinator")).string());
  arguments.insert(arguments.end(), {"--store", options.store.string()});
  if (!options.join) arguments.insert(arguments.end(), {"--sweep", std::to_string(options.sweep.number)});
  if (!options.web && !options.join) arguments.emplace_back("--no-web");
  arguments.insert(arguments.end(), {":", "-n", std::to_string(options.workers)});
  arguments.push_back((options.programs / "mer-worker").string());
  return arguments;
}

Result<Mpirun> Mpirun::start(const LaunchOptions& options) {
  std::vector<std::string> words = mpirun_arguments(options);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  MER_ASSIGN(Pipe output, Pipe::make());
  MER_ASSIGN(Pipe failure, Pipe::make());
  const Inherited inherited{.parent = ::getpid(), .output = output.write_end.get(), .failure = failure.write_end.get()};
  const pid_t child = ::fork();
  if (child < 0) return cannot_start(errno);
  if (child == 0) become_mpirun(arguments, inherited);
  output.write_end.reset();
  failure.write_end.reset();
  if (const int number = exec_failure(failure.read_end.get()); number != 0) {
    ::waitpid(child, nullptr, 0);
    return cannot_start(number);
  }
  return Mpirun(child, std::move(output.read_end));
}

Mpirun::Mpirun(Mpirun&& other) noexcept
    : child_(std::exchange(other.child_, -1)), output_(std::move(other.output_)), reaped_(other.reaped_) {}

Mpirun::~Mpirun() {
  if (child_ > 0 && !reaped_) {
    ::kill(child_, SIGTERM);
    ::waitpid(child_, nullptr, 0);
  }
}

std::string Mpirun::read_output(int milliseconds) {
  if (!output_) return "";
  pollfd waiting{output_.get(), POLLIN, 0};
  if (::poll(&waiting, 1, milliseconds) <= 0) return "";
  std::array<char, 65536> buffer{};
  const ssize_t count = ::read(output_.get(), buffer.data(), buffer.size());
  if (count > 0) return {buffer.data(), std::size_t(count)};
  if (count == 0 || errno != EINTR) output_.reset();
  return "";
}

bool Mpirun::ended() {
  if (output_) return false;
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
