#include "cli/mpirun.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <initializer_list>
#include <string_view>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "cli/child_output.hpp"
#include "cli/srun.hpp"

namespace mer::cli {
namespace {

// What the child gets of its parent.
struct Inherited {
  pid_t parent = -1;
  int output = -1;   // becomes its standard output
  int failure = -1;  // takes errno when exec fails; exec closes it
};

// Runs in the child between fork and exec: async-signal-safe calls only. Never returns.
[[noreturn]] void become_mpirun(const std::vector<char*>& arguments, const std::vector<char*>& environment,
                                const Inherited& inherited) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGINT);
  if (::getppid() != inherited.parent) ::_exit(127);
  const int null = ::open("/dev/null", O_RDONLY);
  ::dup2(null, STDIN_FILENO);
  ::dup2(inherited.output, STDOUT_FILENO);
  sigset_t unheard;  // of mpirun; it lets its ranks hear everything
  ::sigemptyset(&unheard);
  ::sigaddset(&unheard, SIGTERM);
  ::sigprocmask(SIG_SETMASK, &unheard, nullptr);
  ::execvpe(arguments[0], arguments.data(), environment.data());
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

Error cannot_start(const LaunchOptions& options, int number) {
  if (options.alone) {
    return {ErrorCode::unavailable, (options.programs / "mer-coordinator").string() + ": cannot be started (" +
                                        std::strerror(number) + "); it belongs beside merctl"};
  }
  const std::string what =
      std::string(name_of(options.launcher)) + (number == ENOENT ? " was not found on PATH" : " cannot be started");
  const std::string remedy = options.launcher == Launcher::srun
                                 ? "put Slurm's bin folder into PATH"
                                 : std::string(kMpirunRemedy) + "; `merctl doctor` examines this machine";
  return {ErrorCode::unavailable, what + " (" + std::strerror(number) + "): " + remedy};
}

// An array as exec takes it; it points into `words`.
std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

constexpr std::string_view kGpusHere = "SLURM_GPUS_ON_NODE=";

// What a job asked for each of its tasks: a step would hand that to each rank, or to mpirun's one daemon of a node.
bool is_of_one_task(std::string_view variable) {
  constexpr std::array<std::string_view, 4> kNames = {
      "SLURM_GPUS_PER_TASK=", "SLURM_NTASKS_PER_GPU=", "SLURM_TRES_PER_TASK=", "SLURM_GPU_BIND="};
  return std::ranges::any_of(kNames, [&](std::string_view name) { return variable.starts_with(name); });
}

}  // namespace

std::vector<std::string> launch_environment(const char* const* inherited, std::vector<std::string> defaults) {
  std::vector<std::string> variables;
  bool for_each_task = false;
  std::string gpus_here;
  for (; *inherited != nullptr; ++inherited) {
    const std::string_view variable = *inherited;
    for_each_task = for_each_task || variable.starts_with("SLURM_GPUS_PER_TASK=");
    if (variable.starts_with(kGpusHere)) gpus_here = variable.substr(kGpusHere.size());
    if (!is_of_one_task(variable)) variables.emplace_back(variable);
  }
  // Without a word of it a step takes what the job asked for each task.
  if (for_each_task && !gpus_here.empty()) defaults.push_back("SLURM_GRES=gpu:" + gpus_here);
  for (const std::string& variable : defaults) {
    const std::string name = variable.substr(0, variable.find('=') + 1);
    const bool set = std::ranges::any_of(variables, [&](const std::string& one) { return one.starts_with(name); });
    if (!set) variables.push_back(variable);
  }
  return variables;
}

std::vector<std::string> first_rank(const LaunchOptions& options) {
  std::vector<std::string> words = {(options.programs / (options.join ? "mer-gateway" : "mer-coordinator")).string(),
                                    "--store", options.store.string()};
  if (options.join) {
    words.insert(words.end(), {"--patience", std::to_string(options.limits.patience.count())});
    if (const long idle = options.limits.idle.count(); idle > 0) {
      words.insert(words.end(), {"--idle-seconds", std::to_string(idle)});
    }
    return words;
  }
  words.insert(words.end(), {"--sweep", std::to_string(options.sweep.number)});
  if (!options.web) words.emplace_back("--no-web");
  return words;
}

std::vector<std::string> mpirun_arguments(const LaunchOptions& options) {
  std::vector<std::string> arguments = {"mpirun"};
  const auto add = [&](std::initializer_list<std::string> words) {
    arguments.insert(arguments.end(), words.begin(), words.end());
  };
  const std::string worker = (options.programs / "mer-worker").string();
  if (options.as_root) add({"--allow-run-as-root"});
  // Binding is the agents' business; TCP leaves nothing in /dev/shm when a rank is killed.
  add({"--bind-to", "none", "--oversubscribe", "--mca", "btl", "self,tcp"});
  if (options.hosts.empty()) add({"--mca", "btl_tcp_if_include", "lo", "--mca", "oob_tcp_if_include", "lo"});
  add({"-n", "1"});
  if (!options.hosts.empty()) add({"--host", options.hosts.front().host});
  const std::vector<std::string> first = first_rank(options);
  arguments.insert(arguments.end(), first.begin(), first.end());
  if (options.hosts.empty()) add({":", "-n", std::to_string(options.workers), worker});
  for (const HostWorkers& there : options.hosts) {
    if (there.workers > 0) add({":", "-n", std::to_string(there.workers), "--host", there.host, worker});
  }
  return arguments;
}

std::vector<std::string> coordinator_arguments(const LaunchOptions& options) {
  std::vector<std::string> arguments = {(options.programs / "mer-coordinator").string(), "--alone", "--store",
                                        options.store.string()};
  if (options.sweep.number > 0) {
    arguments.emplace_back("--sweep");
    arguments.push_back(std::to_string(options.sweep.number));
  }
  if (options.stay) arguments.emplace_back("--stay");
  if (!options.web) arguments.emplace_back("--no-web");
  return arguments;
}

// A step of Slurm's that cannot end, of a launch before this one, would keep the job's CPUs for itself.
std::vector<std::string> mpirun_variables(const LaunchOptions& options) {
  std::vector<std::string> variables;
  if (!options.hosts.empty()) variables.emplace_back("SLURM_OVERLAP=1");
  if (options.this_machine) {
    variables.insert(variables.end(), {"MER_GATEWAY_ADDRESS=127.0.0.1", "MER_WEB_ADDRESS=127.0.0.1"});
  }
  return variables;
}

namespace {

std::vector<std::string> command_line(const LaunchOptions& options) {
  if (options.alone) return coordinator_arguments(options);
  return options.launcher == Launcher::srun ? srun_arguments(options) : mpirun_arguments(options);
}

}  // namespace

Result<Mpirun> Mpirun::start(const LaunchOptions& options) {
  std::vector<std::string> words = command_line(options);
  std::vector<std::string> variables = launch_environment(
      environ, options.launcher == Launcher::srun ? srun_variables(options) : mpirun_variables(options));
  const std::vector<char*> arguments = pointers_to(words), environment = pointers_to(variables);

  MER_ASSIGN(Pipe output, Pipe::make());
  MER_ASSIGN(Pipe failure, Pipe::make());
  const Inherited inherited{.parent = ::getpid(), .output = output.write_end.get(), .failure = failure.write_end.get()};
  const pid_t child = ::fork();
  if (child < 0) return cannot_start(options, errno);
  if (child == 0) become_mpirun(arguments, environment, inherited);
  output.write_end.reset();
  failure.write_end.reset();
  if (const int number = exec_failure(failure.read_end.get()); number != 0) {
    ::waitpid(child, nullptr, 0);
    return cannot_start(options, number);
  }
  return Mpirun(child, std::move(output.read_end));
}

Mpirun::Mpirun(Mpirun&& other) noexcept
    : child_(std::exchange(other.child_, -1)), output_(std::move(other.output_)), reaped_(other.reaped_) {}

Mpirun::~Mpirun() {
  if (child_ > 0 && !reaped_) {
    ::kill(child_, SIGINT);
    ::waitpid(child_, nullptr, 0);
  }
}

std::string Mpirun::read_output(int milliseconds) {
  return output_ ? read_some(output_, milliseconds) : std::string();
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
  if (!reaped_) ::kill(child_, SIGINT);
}

}  // namespace mer::cli
