#include "cli/trainer_process.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "cli/spawn_settings.hpp"
#include "core/exit_code.hpp"

extern char** environ;  // NOLINT: POSIX

namespace mer::cli {
namespace {

constexpr int kReports = 3;     // of the child
constexpr int kFirstFree = 10;  // our ends stay clear of the child's numbers

}  // namespace

Result<TrainerProcess> TrainerProcess::start(const std::filesystem::path& program, const std::filesystem::path& job,
                                             const std::filesystem::path& log) {
  MER_ASSIGN(Pipe pipe, Pipe::make(kFirstFree));
  SpawnSettings settings;
  ::posix_spawn_file_actions_addopen(settings.actions(), STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(settings.actions(), STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                     0644);
  ::posix_spawn_file_actions_adddup2(settings.actions(), STDOUT_FILENO, STDERR_FILENO);
  ::posix_spawn_file_actions_adddup2(settings.actions(), pipe.write_end.get(), kReports);
  std::vector<std::string> words = {program.string(), "--job", job.string(), "--out",
                                    "/dev/fd/" + std::to_string(kReports)};
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  pid_t child = -1;
  const int failed = ::posix_spawn(&child, argv[0], settings.actions(), settings.attributes(), argv.data(), environ);
  if (failed != 0) {
    return Error{ErrorCode::unavailable, program.string() + ": cannot be started: " + std::strerror(failed) +
                                             "; `merctl doctor` examines this machine"};
  }
  return TrainerProcess(child, std::move(pipe.read_end));
}

TrainerProcess::TrainerProcess(TrainerProcess&& other) noexcept
    : child_(std::exchange(other.child_, -1)), reports_(std::move(other.reports_)), frames_(std::move(other.frames_)) {}

TrainerProcess::~TrainerProcess() {
  if (child_ <= 0) return;
  ::kill(child_, SIGKILL);
  ::waitpid(child_, nullptr, 0);
}

Result<std::optional<Message>> TrainerProcess::next(int milliseconds) {
  MER_ASSIGN(std::optional<std::string> frame, frames_.next());
  if (!frame && reports_) {
    read(milliseconds);
    MER_ASSIGN(frame, frames_.next());
  }
  if (!frame) return std::optional<Message>();
  MER_ASSIGN(Message message, decode(*frame));
  return std::optional<Message>(std::move(message));
}

void TrainerProcess::read(int milliseconds) {
  pollfd waiting{reports_.get(), POLLIN, 0};
  if (::poll(&waiting, 1, milliseconds) <= 0) return;
  std::array<char, 65536> buffer{};
  const ssize_t count = ::read(reports_.get(), buffer.data(), buffer.size());
  if (count > 0) frames_.feed({buffer.data(), std::size_t(count)});
  if (count == 0 || (count < 0 && errno != EINTR)) reports_.reset();
}

std::string TrainerProcess::wait() {
  int status = 0;
  while (::waitpid(child_, &status, 0) < 0 && errno == EINTR) {
  }
  child_ = -1;
  if (WIFSIGNALED(status)) {
    return "signal " + std::to_string(WTERMSIG(status)) + " (" + ::strsignal(WTERMSIG(status)) + ")";
  }
  const int code = WEXITSTATUS(status);
  const bool expected = code == int(ExitCode::done) || code == int(ExitCode::some_failed);
  return expected ? "" : "exit status " + std::to_string(code);
}

}  // namespace mer::cli
