#include "cli/extractor_process.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/child_output.hpp"
#include "cli/spawn_settings.hpp"

extern char** environ;  // NOLINT: POSIX

namespace mer::cli {

Result<ExtractorProcess> ExtractorProcess::start(const std::filesystem::path& program,
                                                 std::vector<std::string> arguments) {
  MER_ASSIGN(Pipe pipe, Pipe::make());
  SpawnSettings settings;
  ::posix_spawn_file_actions_addopen(settings.actions(), STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(settings.actions(), pipe.write_end.get(), STDOUT_FILENO);
  std::string name = program.string();
  std::vector<char*> argv = {name.data()};
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);

  pid_t child = -1;
  const int failed = ::posix_spawn(&child, argv[0], settings.actions(), settings.attributes(), argv.data(), environ);
  if (failed != 0) {
    return Error{ErrorCode::unavailable, name + ": cannot be started: " + std::strerror(failed) +
                                             "; it belongs beside merctl and is built where MER_TRAINER is on"};
  }
  return ExtractorProcess(child, std::move(pipe.read_end));
}

ExtractorProcess::ExtractorProcess(ExtractorProcess&& other) noexcept
    : child_(std::exchange(other.child_, -1)), output_(std::move(other.output_)) {}

ExtractorProcess::~ExtractorProcess() {
  if (child_ <= 0) return;
  ::kill(child_, SIGKILL);
  ::waitpid(child_, nullptr, 0);
}

std::string ExtractorProcess::read_output(int milliseconds) {
  return read_some(output_, milliseconds);
}

void ExtractorProcess::request_stop() {
  if (child_ > 0) ::kill(child_, SIGTERM);
}

int ExtractorProcess::wait() {
  int status = 0;
  while (::waitpid(child_, &status, 0) < 0 && errno == EINTR) {
  }
  child_ = -1;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace mer::cli
