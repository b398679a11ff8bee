#include "worker/subprocess.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <span>
#include <string_view>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include "core/gpu.hpp"

namespace mer::worker {
namespace {

constexpr int kFramesIn = 0;
constexpr int kFramesOut = 3;
constexpr int kMemory = 4;
constexpr int kFirstFree = 10;  // our ends stay clear of the child's numbers
constexpr std::size_t kReadBytes = std::size_t{1} << 20;

Error cannot(const std::string& what) {
  return {ErrorCode::unavailable, "cannot " + what + ": " + std::strerror(errno)};
}

bool begins_with_one_of(std::string_view variable, std::span<const std::string_view> prefixes) {
  return std::ranges::any_of(prefixes, [&](std::string_view prefix) { return variable.starts_with(prefix); });
}

// What mpirun, or Slurm's step, tells a rank: a child is none.
constexpr std::string_view kOfRanks[] = {"OMPI_",         "PMIX_",          "PMI_",          "ORTE_",
                                         "SLURM_PMIX",    "SLURM_MPI_TYPE", "SLURM_PROCID=", "SLURM_LOCALID",
                                         "SLURM_NODEID=", "SLURM_SRUN",     "SLURM_STEP_ID", "SLURM_STEPID",
                                         "SLURM_GTIDS",   "SLURM_TASK_PID"};

// Of this process, but for what is MPI's, with the command's own.
std::vector<std::string> environment_of(const ChildCommand& command) {
  std::vector<std::string> variables;
  std::string gpus = kVisibleGpus;
  gpus += '=';
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (begins_with_one_of(*variable, kOfRanks)) continue;
    if (!command.gpu.empty() && std::string_view(*variable).starts_with(gpus)) continue;
    variables.emplace_back(*variable);
  }
  if (!command.gpu.empty()) variables.push_back(gpus + command.gpu);
  return variables;
}

// Everything that the child needs between vfork and exec, made before: there, only async-signal-safe calls are allowed,
// and nothing may be written, since the memory is the parent's.
struct Launch {
  std::vector<char*> arguments, environment;
  cpu_set_t cores;
  bool set_cores = false;
  int input = -1, output = -1, printed = -1, memory = -1;
  pid_t parent = 0;
};

[[noreturn]] void become_child(const Launch& launch) {
  ::setsid();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != launch.parent) ::_exit(127);
  for (const int ignored : {SIGUSR1, SIGTERM, SIGINT, SIGPIPE}) ::signal(ignored, SIG_DFL);
  sigset_t unheard;
  ::sigemptyset(&unheard);
  for (const int number : {SIGUSR1, SIGTERM}) ::sigaddset(&unheard, number);
  ::sigprocmask(SIG_SETMASK, &unheard, nullptr);
  if (launch.set_cores) ::sched_setaffinity(0, sizeof(launch.cores), &launch.cores);
  ::dup2(launch.input, kFramesIn);
  ::dup2(launch.printed, STDOUT_FILENO);
  ::dup2(launch.printed, STDERR_FILENO);
  ::dup2(launch.output, kFramesOut);
  if (launch.memory >= 0) ::dup2(launch.memory, kMemory);
  ::execve(launch.arguments[0], launch.arguments.data(), launch.environment.data());
  ::_exit(127);
}

// What has arrived, at most about kReadBytes. At the stream's end it is closed.
std::string read_some(Descriptor& stream) {
  std::string bytes;
  std::array<char, 65536> chunk;
  while (stream && bytes.size() < kReadBytes) {
    const ssize_t got = ::read(stream.get(), chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) break;
    if (got <= 0) {
      stream.reset();
      break;
    }
    bytes.append(chunk.data(), std::size_t(got));
  }
  return bytes;
}

}  // namespace

Result<Subprocess> Subprocess::start(const ChildCommand& command) {
  ::signal(SIGPIPE, SIG_IGN);
  if (::access(command.program.c_str(), X_OK) != 0) return cannot("run " + command.program);
  MER_ASSIGN(Pipe to_child, Pipe::make(kFirstFree));
  MER_ASSIGN(Pipe from_child, Pipe::make(kFirstFree));
  MER_ASSIGN(Pipe printed, Pipe::make(kFirstFree));

  Launch launch;
  std::vector<std::string> words = command.arguments;
  words.insert(words.begin(), command.program);
  for (std::string& word : words) launch.arguments.push_back(word.data());
  launch.arguments.push_back(nullptr);
  std::vector<std::string> variables = environment_of(command);
  for (std::string& variable : variables) launch.environment.push_back(variable.data());
  launch.environment.push_back(nullptr);
  CPU_ZERO(&launch.cores);
  for (const int core : command.cores) CPU_SET(core, &launch.cores);
  launch.set_cores = !command.cores.empty();
  launch.input = to_child.read_end.get();
  launch.output = from_child.write_end.get();
  launch.printed = printed.write_end.get();
  launch.memory = command.memory;
  launch.parent = ::getpid();

  const pid_t pid = ::vfork();  // copies no page tables, of which MPI makes many
  if (pid == 0) become_child(launch);
  if (pid < 0) return cannot("start " + command.program);
  for (const Descriptor* end : {&to_child.write_end, &from_child.read_end, &printed.read_end}) {
    ::fcntl(end->get(), F_SETFL, O_NONBLOCK);
  }
  return Subprocess(pid, std::move(to_child.write_end), std::move(from_child.read_end), std::move(printed.read_end));
}

Subprocess::Subprocess(Subprocess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      input_(std::move(other.input_)),
      output_(std::move(other.output_)),
      printed_(std::move(other.printed_)),
      unwritten_(std::move(other.unwritten_)) {}

Subprocess::~Subprocess() {
  kill();
  for (int tries = 0; pid_ > 0 && tries < 2000 && !reap(); ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void Subprocess::write(const std::string& bytes) {
  unwritten_ += bytes;
  flush();
}

void Subprocess::flush() {
  while (input_ && !unwritten_.empty()) {
    const ssize_t written = ::write(input_.get(), unwritten_.data(), unwritten_.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN) return;
    if (written < 0) {  // the child is gone or has closed it: reap() tells
      input_.reset();
      return;
    }
    unwritten_.erase(0, std::size_t(written));
  }
}

std::string Subprocess::read() {
  return read_some(output_);
}

std::string Subprocess::read_printed() {
  return read_some(printed_);
}

void Subprocess::wait(int milliseconds) {
  std::array<pollfd, 3> watched{pollfd{output_.get(), POLLIN, 0}, pollfd{printed_.get(), POLLIN, 0},
                                pollfd{unwritten_.empty() ? -1 : input_.get(), POLLOUT, 0}};
  ::poll(watched.data(), watched.size(), milliseconds);
}

std::optional<ExitStatus> Subprocess::reap() {
  int status = 0;
  if (pid_ <= 0 || ::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  pid_ = -1;
  if (WIFSIGNALED(status)) return ExitStatus{true, WTERMSIG(status)};
  return ExitStatus{false, WEXITSTATUS(status)};
}

void Subprocess::kill() {
  if (pid_ <= 0) return;
  ::kill(-pid_, SIGKILL);
  ::kill(pid_, SIGKILL);  // it may not have come to setsid() yet
}

}  // namespace mer::worker
