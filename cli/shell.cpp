#include "cli/shell.hpp"

#include <array>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/descriptor.hpp"

extern char** environ;  // NOLINT: POSIX

namespace mer::cli {

ProgramOutput run_program(const std::vector<std::string>& arguments) {
  Result<Pipe> pipe = Pipe::make();
  if (!pipe) return {};
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, pipe->write_end.get(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, pipe->write_end.get(), STDERR_FILENO);
  std::vector<std::string> words = arguments;
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  pid_t child = -1;
  const int failed = ::posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  pipe->write_end.reset();
  ProgramOutput output;
  if (failed == 0) {
    std::array<char, 4096> buffer{};
    for (ssize_t count; (count = ::read(pipe->read_end.get(), buffer.data(), buffer.size())) > 0;) {
      if (output.text.size() < 65536) output.text.append(buffer.data(), std::size_t(count));
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    output.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  return output;
}

}  // namespace mer::cli
