#include "worker/extractor/smile_server.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <map>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "core/descriptor.hpp"
#include "worker/extractor/smile_library.hpp"
#include "worker/extractor/smile_messages.hpp"

namespace mer::extractor::smile {
namespace {

constexpr std::uint32_t kUsualRate = 16000;  // the names do not depend on it
constexpr std::size_t kMostOpen = 4;         // rates; each takes 20 MB

// What a fork leaves for the process that made it.
class SharedAnswer {
 public:
  static Result<SharedAnswer> make(std::size_t features) {
    const std::size_t bytes = sizeof(Header) + features * sizeof(float);
    void* const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return system_error(errno, "mer-smile: memory");
    return SharedAnswer(static_cast<Header*>(memory), features);
  }

  void set(const Result<std::vector<float>>& features) {
    header_->text[0] = '\0';
    header_->count = 0;
    if (!features) return set_text(features.error().message);
    if (!features->empty() && features->size() != most_) {
      return set_text("openSMILE gave " + std::to_string(features->size()) + " numbers, expected " +
                      std::to_string(most_));
    }
    header_->count = features->size();
    std::ranges::copy(*features, reinterpret_cast<float*>(header_ + 1));
  }

  std::string error() const { return header_->text; }
  std::string_view features() const {
    return {reinterpret_cast<const char*>(header_ + 1), header_->count * sizeof(float)};
  }

 private:
  struct Header {
    std::size_t count;
    char text[1024];
  };
  SharedAnswer(Header* header, std::size_t most) : header_(header), most_(most) {}

  void set_text(const std::string& text) { ::snprintf(header_->text, sizeof header_->text, "%s", text.c_str()); }

  Header* header_;  // to the end of the process
  std::size_t most_;
};

class Server {
 public:
  // `usual`: of kUsualRate.
  Server(int socket, const Settings& settings, const Library& library, SharedAnswer answer, Session usual)
      : socket_(socket), settings_(settings), library_(library), answer_(answer) {
    open_.emplace(kUsualRate, std::move(usual));
  }

  Status answer(const Question& question) {
    std::vector<std::int16_t> samples(question.samples);
    MER_TRY(receive_bytes(socket_, std::as_writable_bytes(std::span(samples))));
    const Result<Session*> session = session_of(question.rate);
    const Status computed = session ? compute(**session, samples) : Status(session.error());
    if (!computed) return send_answer(socket_, Answer::Kind::error, computed.error().message);
    return send_answer(socket_, Answer::Kind::features, answer_.features());
  }

 private:
  Result<Session*> session_of(std::uint32_t rate) {
    if (const auto found = open_.find(rate); found != open_.end()) return &found->second;
    if (open_.size() == kMostOpen) open_.erase(open_.begin());
    MER_ASSIGN(Session session, Session::open(library_, settings_.configs, settings_.config, rate));
    return &open_.emplace(rate, std::move(session)).first->second;
  }

  Status compute(Session& session, const std::vector<std::int16_t>& samples) {
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child < 0) return system_error(errno, "mer-smile: fork");
    if (child == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (::getppid() == parent) answer_.set(session.features(samples));
      ::_exit(0);
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFSIGNALED(status)) {
      return invalid("openSMILE was ended by signal " + std::to_string(WTERMSIG(status)) + " (" +
                     ::strsignal(WTERMSIG(status)) + ")");
    }
    if (WEXITSTATUS(status) != 0) return invalid("openSMILE ended by exit code " + std::to_string(WEXITSTATUS(status)));
    return answer_.error().empty() ? Status() : invalid(answer_.error());
  }

  int socket_;
  const Settings& settings_;
  const Library& library_;
  SharedAnswer answer_;
  std::map<std::uint32_t, Session> open_;
};

std::string lines_of(const std::vector<std::string>& names) {
  std::string lines;
  for (const std::string& name : names) lines += name + "\n";
  return lines;
}

}  // namespace

Status serve(int socket, const Settings& settings) {
  const Result<Library> library = Library::load(settings.library);
  if (!library) return send_answer(socket, Answer::Kind::error, library.error().message);
  Result<Session> usual = Session::open(*library, settings.configs, settings.config, kUsualRate);
  if (!usual) return send_answer(socket, Answer::Kind::error, usual.error().message);
  const auto names = usual->names();
  if (!names) return send_answer(socket, Answer::Kind::error, names.error().message);
  MER_ASSIGN(const SharedAnswer answer, SharedAnswer::make(names->size()));
  MER_TRY(send_answer(socket, Answer::Kind::names, lines_of(*names)));
  Server server(socket, settings, *library, answer, std::move(*usual));
  for (Question question; receive_bytes(socket, std::as_writable_bytes(std::span(&question, 1)));) {
    MER_TRY(server.answer(question));
  }
  return {};
}

}  // namespace mer::extractor::smile
