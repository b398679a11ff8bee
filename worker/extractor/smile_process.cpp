#include "worker/extractor/smile_process.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <sstream>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "worker/extractor/smile_messages.hpp"

extern char** environ;  // NOLINT: POSIX

namespace mer::extractor {
namespace {

Error gone() {
  return {ErrorCode::unavailable, "mer-smile has ended unexpectedly"};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// Its stream is descriptor 0; what openSMILE prints does not get between the lines of the extractor.
int spawn(const SmileCommand& command, int socket, pid_t& child) {
  std::string words[] = {command.program.string(), command.library.string(), command.configs.string(), command.config};
  char* argv[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data(), nullptr};
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, socket, STDIN_FILENO);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  const int failed = ::posix_spawn(&child, argv[0], &actions, nullptr, argv, environ);
  ::posix_spawn_file_actions_destroy(&actions);
  return failed;
}

}  // namespace

Result<SmileProcess> SmileProcess::start(const SmileCommand& command) {
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return system_error(errno, "mer-smile: socket");
  Descriptor ours(ends[0]);
  Descriptor theirs(ends[1]);
  pid_t child = -1;
  if (const int failed = spawn(command, theirs.get(), child); failed != 0) {
    return Error{ErrorCode::unavailable, command.program.string() + ": cannot be started: " + std::strerror(failed) +
                                             "; it belongs beside mer-extractor"};
  }
  SmileProcess process(child, std::move(ours));
  theirs.reset();
  const auto said = smile::receive_answer(process.socket_.get());
  if (!said) return gone();
  if (said->kind != smile::Answer::Kind::names) return Error{ErrorCode::not_found, said->bytes};
  process.names_ = lines_of(said->bytes);
  if (process.names_.empty()) return Error{ErrorCode::not_found, command.config + ": openSMILE has no features of it"};
  return process;
}

SmileProcess::~SmileProcess() {
  if (child_ <= 0) return;
  socket_.reset();
  while (::waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

Result<std::vector<float>> SmileProcess::features(int rate, std::span<const std::int16_t> samples) {
  const smile::Question question{std::uint32_t(rate), std::uint32_t(samples.size())};
  if (!smile::send_bytes(socket_.get(), std::as_bytes(std::span(&question, 1))) ||
      !smile::send_bytes(socket_.get(), std::as_bytes(samples))) {
    return gone();
  }
  const auto answer = smile::receive_answer(socket_.get());
  if (!answer) return gone();
  if (answer->kind == smile::Answer::Kind::error) return invalid(answer->bytes);
  std::vector<float> features(answer->bytes.size() / sizeof(float));
  if (!features.empty()) std::memcpy(features.data(), answer->bytes.data(), features.size() * sizeof(float));
  return features;
}

SmilePool::SmilePool(SmileCommand command, SmileProcess first) : command_(std::move(command)), names_(first.names()) {
  idle_.push_back(std::move(first));
}

Result<std::unique_ptr<SmilePool>> SmilePool::open(SmileCommand command) {
  MER_ASSIGN(SmileProcess first, SmileProcess::start(command));
  return std::unique_ptr<SmilePool>(new SmilePool(std::move(command), std::move(first)));
}

Result<SmileProcess> SmilePool::take() {
  {
    const std::scoped_lock lock(mutex_);
    if (!idle_.empty()) {
      SmileProcess process = std::move(idle_.back());
      idle_.pop_back();
      return process;
    }
  }
  return SmileProcess::start(command_);
}

Result<std::vector<float>> SmilePool::features(int rate, std::span<const std::int16_t> samples) {
  MER_ASSIGN(SmileProcess process, take());
  Result<std::vector<float>> features = process.features(rate, samples);
  if (!features && features.error().code == ErrorCode::unavailable) return features;
  const std::scoped_lock lock(mutex_);
  idle_.push_back(std::move(process));
  return features;
}

}  // namespace mer::extractor
