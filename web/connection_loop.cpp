#include "web/connection_loop.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <deque>
#include <fcntl.h>
#include <map>
#include <mutex>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <poll.h>
#include <stop_token>
#include <string_view>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include "core/descriptor.hpp"
#include "web/channel.hpp"
#include "web/plain_answer.hpp"

namespace mer::web {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr int kLeavingPause = 20;  // ms between two looks at what is still owed
constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::string_view kHeartbeat = ":\n\n";  // a comment of text/event-stream

struct AddressList {
  addrinfo* first = nullptr;
  ~AddressList() {
    if (first != nullptr) ::freeaddrinfo(first);
  }
};

Status resolve(const ListenAddress& address, AddressList& list) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  const int rc = ::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &list.first);
  if (rc != 0) {
    return invalid("the address \"" + address.host + "\" to serve on cannot be resolved (" + ::gai_strerror(rc) +
                   "); give a numeric address of this machine, e.g. 127.0.0.1");
  }
  return {};
}

bool loopback(const addrinfo& info) {
  if (info.ai_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(info.ai_addr);
    return (ntohl(v4->sin_addr.s_addr) >> 24) == 127;
  }
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(info.ai_addr);
  return info.ai_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

Result<Descriptor> listen_on(const ListenAddress& address) {
  AddressList list;
  MER_TRY(resolve(address, list));
  int error = EADDRNOTAVAIL;
  for (const addrinfo* info = list.first; info != nullptr; info = info->ai_next) {
    Descriptor socket(::socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int yes = 1;  // SO_REUSEPORT stays off: a second server on the same port must fail
    if (socket.get() >= 0 && ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
        ::bind(socket.get(), info->ai_addr, info->ai_addrlen) == 0 && ::listen(socket.get(), 128) == 0) {
      return socket;
    }
    error = errno;
  }
  const std::string where = address.host + " port " + std::to_string(address.port);
  if (error == EADDRINUSE) {
    return Error{ErrorCode::busy, where + " is taken by another program; choose another port, or 0 for any free one"};
  }
  return Error{ErrorCode::io, "cannot listen on " + where + ": " + std::strerror(error)};
}

Result<int> port_of(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return Error{ErrorCode::io, std::string("cannot read the port: ") + std::strerror(errno)};
  }
  if (address.ss_family == AF_INET) return int{ntohs(reinterpret_cast<sockaddr_in*>(&address)->sin_port)};
  return int{ntohs(reinterpret_cast<sockaddr_in6*>(&address)->sin6_port)};
}

// In this thread, which alone writes: OpenSSL writes to a closed connection without MSG_NOSIGNAL.
void ignore_broken_pipes() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

enum class Phase { reading, answering, writing, streaming, draining };

struct Connection {
  Channel channel;
  Phase phase = Phase::reading;
  Clock::time_point deadline;
  std::string head;
  std::string answer;
  std::unique_ptr<Stream> stream = nullptr;
  std::size_t moved = 0;  // bytes sent while writing, dropped while draining
};

}  // namespace

Result<bool> is_loopback(const std::string& host) {
  AddressList list;
  MER_TRY(resolve({host, 0}, list));
  for (const addrinfo* info = list.first; info != nullptr; info = info->ai_next) {
    if (!loopback(*info)) return false;
  }
  return true;
}

class ConnectionLoop::Impl {
 public:
  Impl(ConnectionLimits limits, Answer answer, std::shared_ptr<const TlsContext> tls)
      : limits_(limits), answer_(std::move(answer)), tls_(std::move(tls)) {}
  ~Impl() { stop(); }

  Result<int> start(const ListenAddress& address) {
    MER_ASSIGN(listener_, listen_on(address));
    wake_ = Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (wake_.get() < 0) return Error{ErrorCode::io, std::string("eventfd: ") + std::strerror(errno)};
    MER_ASSIGN(const int port, port_of(listener_.get()));
    for (int i = 0; i < limits_.threads; ++i) {
      workers_.emplace_back([this](const std::stop_token& stopping) { work(stopping); });
    }
    poller_ = std::jthread([this](const std::stop_token& stopping) { poll_until(stopping); });
    return port;
  }

  void notify() const { wake(); }

  void stop() {
    poller_.request_stop();
    wake();
    if (poller_.joinable()) poller_.join();
    for (std::jthread& worker : workers_) worker.request_stop();
    workers_.clear();
    connections_.clear();
    listener_ = Descriptor();
  }

 private:
  using Id = std::uint64_t;  // rises, so the map is ordered by age
  using Connections = std::map<Id, Connection>;

  // --- worker threads ---
  void work(const std::stop_token& stopping) {
    for (;;) {
      std::pair<Id, std::string> job;
      {
        std::unique_lock lock(mutex_);
        if (!work_arrived_.wait(lock, stopping, [this] { return !heads_.empty(); })) return;
        job = std::move(heads_.front());
        heads_.pop_front();
      }
      Reply reply = answer_(job.second);
      {
        const std::lock_guard lock(mutex_);
        replies_.emplace_back(job.first, std::move(reply));
      }
      wake();
    }
  }

  void wake() const {
    const std::uint64_t one = 1;
    // A full counter has the same effect as this write: the poller wakes.
    if (wake_.get() >= 0) [[maybe_unused]]
      const auto written = ::write(wake_.get(), &one, sizeof one);
  }

  // --- the polling thread, which alone touches connections_ ---
  void poll_until(const std::stop_token& stopping) {
    ignore_broken_pipes();
    std::vector<pollfd> polled;
    std::vector<Id> ids;
    std::optional<Clock::time_point> leave_at;
    while (!leave_at || (owes_answers() && Clock::now() < *leave_at)) {
      if (!leave_at && stopping.stop_requested()) {
        leave_at = Clock::now() + limits_.leave_time;
        end_streams();
      }
      polled.assign({{wake_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}});
      if (leave_at || Clock::now() < accept_again_) polled[1].fd = -1;
      ids.clear();
      for (const auto& [id, connection] : connections_) {
        if (connection.phase == Phase::answering) continue;
        const short awaits = connection.phase == Phase::streaming ? POLLIN : connection.channel.awaits();
        polled.push_back({connection.channel.socket(), awaits, 0});
        ids.push_back(id);
      }
      ::poll(polled.data(), polled.size(), leave_at ? kLeavingPause : milliseconds_to_next_deadline());
      if (polled[0].revents != 0) take_replies(leave_at.has_value());
      for (std::size_t i = 0; i < ids.size(); ++i) {
        const auto entry = connections_.find(ids[i]);  // a stream whose client has gone is not there any more
        if (polled[i + 2].revents != 0 && entry != connections_.end()) advance(entry);
      }
      expire();
      if (polled[1].revents != 0) accept_all();
    }
  }

  bool owes_answers() const {
    return std::ranges::any_of(connections_, [](const auto& entry) {
      return entry.second.phase == Phase::answering || entry.second.phase == Phase::writing;
    });
  }

  int milliseconds_to_next_deadline() const {
    Clock::duration wait = std::chrono::seconds(1);
    for (const auto& [id, connection] : connections_) {
      if (connection.phase != Phase::answering) wait = std::min(wait, connection.deadline - Clock::now());
    }
    if (Clock::now() < accept_again_) wait = std::min(wait, accept_again_ - Clock::now());
    return static_cast<int>(std::max<std::int64_t>(0, std::chrono::ceil<milliseconds>(wait).count()));
  }

  void accept_all() {
    for (;;) {
      Descriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (socket.get() < 0) {
        // Out of descriptors: the listener stays readable, so look away for a moment instead of spinning.
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) accept_again_ = Clock::now() + milliseconds(50);
        if (errno == EINTR || errno == ECONNABORTED) continue;
        return;
      }
      if (connections_.size() >= limits_.connections && !close_longest_waiting()) continue;  // refused
      const int yes = 1;
      ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      Connection& connection = connections_[next_id_++];
      connection.channel = Channel(std::move(socket), tls_.get());
      connection.deadline = Clock::now() + limits_.head_time;
    }
  }

  bool close_longest_waiting() {
    return close_oldest([](Phase phase) { return phase == Phase::reading || phase == Phase::draining; }) ||
           close_oldest([](Phase phase) { return phase == Phase::writing; });
  }

  bool close_oldest(bool (*may_go)(Phase)) {
    const auto oldest =
        std::ranges::find_if(connections_, [&](const auto& entry) { return may_go(entry.second.phase); });
    if (oldest == connections_.end()) return false;
    connections_.erase(oldest);
    return true;
  }

  // Leaving: a stream that has been asked for ends with its head.
  void take_replies(bool leaving) {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto read = ::read(wake_.get(), &count, sizeof count);
    std::vector<std::pair<Id, Reply>> replies;
    {
      const std::lock_guard lock(mutex_);
      replies.swap(replies_);
    }
    for (auto& [id, reply] : replies) {
      const auto entry = connections_.find(id);
      if (!leaving) entry->second.stream = std::move(reply.stream);
      begin_writing(entry, std::move(reply.bytes));
    }
    for (auto entry = connections_.begin(); entry != connections_.end();) {
      const auto current = entry++;
      if (current->second.phase == Phase::streaming) continue_stream(current);
    }
  }

  void continue_stream(Connections::iterator entry) {
    std::string text = entry->second.stream->take();
    if (!text.empty()) begin_writing(entry, std::move(text));
  }

  void end_streams() {
    for (auto& [id, connection] : connections_) {
      connection.stream.reset();
      if (connection.phase == Phase::streaming) begin_draining(connection);
    }
  }

  void begin_writing(Connections::iterator entry, std::string answer) {
    Connection& connection = entry->second;
    connection.phase = Phase::writing;
    connection.answer = std::move(answer);
    connection.moved = 0;
    connection.deadline = Clock::now() + limits_.answer_time;
    write_some(entry);
  }

  void advance(Connections::iterator entry) {
    switch (entry->second.phase) {
      case Phase::reading: read_head(entry); break;
      case Phase::writing: write_some(entry); break;
      case Phase::streaming:
      case Phase::draining: drain(entry); break;
      case Phase::answering: break;
    }
  }

  // To the end of what is there: TLS may hold bytes that poll() does not know of.
  void read_head(Connections::iterator entry) {
    Connection& connection = entry->second;
    char buffer[4096];
    while (true) {
      const Channel::Moved got = connection.channel.receive(buffer, sizeof buffer);
      if (got.outcome == Channel::Outcome::blocked) return;
      if (got.outcome == Channel::Outcome::closed) {
        connections_.erase(entry);
        return;
      }
      const std::size_t seen = connection.head.size();
      connection.head.append(buffer, got.bytes);
      const std::size_t end = connection.head.find(kHeadEnd, seen < 3 ? 0 : seen - 3);
      const std::size_t size = end == std::string::npos ? connection.head.size() : end + kHeadEnd.size();
      if (size > limits_.head_bytes) return begin_writing(entry, plain_answer(431, "Request Header Fields Too Large"));
      if (end == std::string::npos) continue;
      connection.head.resize(size);
      return begin_answering(entry);
    }
  }

  void begin_answering(Connections::iterator entry) {
    Connection& connection = entry->second;
    connection.phase = Phase::answering;
    {
      const std::lock_guard lock(mutex_);
      heads_.emplace_back(entry->first, std::move(connection.head));
    }
    work_arrived_.notify_one();
  }

  void write_some(Connections::iterator entry) {
    Connection& connection = entry->second;
    while (connection.moved < connection.answer.size()) {
      const Channel::Moved sent = connection.channel.send(connection.answer.data() + connection.moved,
                                                          connection.answer.size() - connection.moved);
      if (sent.outcome == Channel::Outcome::blocked) return;
      if (sent.outcome == Channel::Outcome::closed) {
        connections_.erase(entry);
        return;
      }
      connection.moved += sent.bytes;
    }
    connection.answer = {};
    connection.moved = 0;
    if (!connection.stream) return begin_draining(connection);
    connection.phase = Phase::streaming;
    connection.deadline = Clock::now() + limits_.silence;
    notify();  // it may have more to say by now
  }

  // Closing with unread bytes would reset the connection and could take the answer with it: read to the end first.
  void begin_draining(Connection& connection) const {
    connection.channel.finish();
    connection.phase = Phase::draining;
    connection.deadline = Clock::now() + limits_.drain_time;
  }

  // What a client says after its head is dropped, and so is who says too much.
  void drain(Connections::iterator entry) {
    Connection& connection = entry->second;
    char buffer[16 * 1024];
    const Channel::Moved got = connection.channel.receive(buffer, sizeof buffer);
    if (got.outcome == Channel::Outcome::blocked) return;
    connection.moved += got.bytes;
    if (got.outcome == Channel::Outcome::closed || connection.moved > limits_.drain_bytes) connections_.erase(entry);
  }

  void expire() {
    const Clock::time_point now = Clock::now();
    for (auto entry = connections_.begin(); entry != connections_.end();) {
      const auto current = entry++;
      const Connection& connection = current->second;
      if (connection.phase == Phase::answering || now < connection.deadline) continue;
      if (connection.phase == Phase::reading && !connection.head.empty()) {
        begin_writing(current, plain_answer(408, "Request Timeout"));
      } else if (connection.phase == Phase::streaming) {
        begin_writing(current, std::string(kHeartbeat));
      } else {
        connections_.erase(current);
      }
    }
  }

  const ConnectionLimits limits_;
  const Answer answer_;
  const std::shared_ptr<const TlsContext> tls_;
  Descriptor listener_;
  Descriptor wake_;
  Connections connections_;
  Id next_id_ = 0;
  Clock::time_point accept_again_{};

  std::mutex mutex_;  // of the two queues below
  std::condition_variable_any work_arrived_;
  std::deque<std::pair<Id, std::string>> heads_;
  std::vector<std::pair<Id, Reply>> replies_;

  std::vector<std::jthread> workers_;
  std::jthread poller_;
};

ConnectionLoop::ConnectionLoop(ConnectionLimits limits, Answer answer, std::shared_ptr<const TlsContext> tls)
    : impl_(std::make_unique<Impl>(limits, std::move(answer), std::move(tls))) {}
ConnectionLoop::~ConnectionLoop() = default;
Result<int> ConnectionLoop::start(const ListenAddress& address) {
  return impl_->start(address);
}
void ConnectionLoop::notify() {
  impl_->notify();
}
void ConnectionLoop::stop() {
  impl_->stop();
}

}  // namespace mer::web
