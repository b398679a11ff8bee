#include "transport/zmq_port.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <zmq.h>

#include "core/frame.hpp"

namespace mer::transport {
namespace {

constexpr std::size_t kKeyCharacters = 40;
constexpr std::size_t kKeyBytes = 32;
constexpr int kLingerMilliseconds = 500;                      // for the last frames of a process
constexpr int kFramesOfOnePoll = 4096;                        // so that a flood cannot stop the loop
constexpr std::int64_t kFrameOverhead = 65536;                // beside a message
constexpr char kAuthentication[] = "inproc://zeromq.zap.01";  // where ZeroMQ asks whom to admit (its RFC 27)

struct CloseContext {
  void operator()(void* context) const { ::zmq_ctx_term(context); }
};
struct CloseSocket {
  void operator()(void* socket) const { ::zmq_close(socket); }
};
using Context = std::unique_ptr<void, CloseContext>;
using Socket = std::unique_ptr<void, CloseSocket>;

Error zmq_error(ErrorCode code, const std::string& what) {
  return {code, what + ": " + ::zmq_strerror(::zmq_errno())};
}

Result<Context> new_context() {
  if (::zmq_has("curve") == 0) {
    return Error{ErrorCode::unavailable,
                 "ZeroMQ was built without CURVE: install Debian's libzmq3-dev, or build it "
                 "with libsodium"};
  }
  Context context(::zmq_ctx_new());
  if (!context) return zmq_error(ErrorCode::unavailable, "ZeroMQ does not start");
  return context;
}

Result<Socket> new_socket(const Context& context, int type) {
  Socket socket(::zmq_socket(context.get(), type));
  if (!socket) return zmq_error(ErrorCode::unavailable, "ZeroMQ has no socket");
  const int linger = kLingerMilliseconds;
  const std::int64_t longest = std::int64_t(kMaxFrameBytes) + kFrameOverhead;
  ::zmq_setsockopt(socket.get(), ZMQ_LINGER, &linger, sizeof linger);
  ::zmq_setsockopt(socket.get(), ZMQ_MAXMSGSIZE, &longest, sizeof longest);
  return socket;
}

Status set_key(const Socket& socket, int option, const std::string& key) {
  const bool fits = key.size() == kKeyCharacters;
  if (fits && ::zmq_setsockopt(socket.get(), option, key.data(), key.size()) == 0) return {};
  return invalid("a key of the gateway's door is not one: " + std::to_string(key.size()) + " characters, expected " +
                 std::to_string(kKeyCharacters) + " of Z85");
}

// A whole message, part by part; nullopt: there is none now.
std::optional<std::vector<std::string>> receive(const Socket& socket) {
  std::vector<std::string> parts;
  while (true) {
    zmq_msg_t message;
    ::zmq_msg_init(&message);
    const bool came = ::zmq_msg_recv(&message, socket.get(), ZMQ_DONTWAIT) >= 0;
    if (came) parts.emplace_back(static_cast<const char*>(::zmq_msg_data(&message)), ::zmq_msg_size(&message));
    const bool more = came && ::zmq_msg_more(&message) != 0;
    ::zmq_msg_close(&message);
    if (!came) return std::nullopt;
    if (!more) return parts;
  }
}

void send_parts(const Socket& socket, const std::vector<std::string>& parts) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const int more = i + 1 < parts.size() ? ZMQ_SNDMORE : 0;
    if (::zmq_send(socket.get(), parts[i].data(), parts[i].size(), ZMQ_DONTWAIT | more) < 0) return;
  }
}

Result<int> port_of(const Socket& socket) {
  std::array<char, 256> endpoint{};
  std::size_t size = endpoint.size();
  if (::zmq_getsockopt(socket.get(), ZMQ_LAST_ENDPOINT, endpoint.data(), &size) != 0) {
    return zmq_error(ErrorCode::internal, "ZeroMQ does not say where it listens");
  }
  const std::string text(endpoint.data());
  return std::stoi(text.substr(text.rfind(':') + 1));
}

}  // namespace

Result<CurveKeys> new_curve_keys() {
  std::array<char, kKeyCharacters + 1> of_public{}, secret{};
  if (::zmq_curve_keypair(of_public.data(), secret.data()) != 0) {
    return zmq_error(ErrorCode::unavailable, "ZeroMQ makes no keys");
  }
  return CurveKeys{of_public.data(), secret.data()};
}

// --- server ---

struct ZmqServerPort::State {
  Context context;
  Socket gate;  // asked by ZeroMQ for each client
  Socket door;
  std::string admitted;  // the client's public key, as bytes
  int port = 0;

  void answer_gate() const;
};

// A request: version, id, domain, address, identity, mechanism, credentials. Answered in the same round or the next:
// until then the client waits.
void ZmqServerPort::State::answer_gate() const {
  while (const auto asked = receive(gate)) {
    const bool known = asked->size() == 7 && (*asked)[5] == "CURVE" && (*asked)[6] == admitted;
    const std::string id = asked->size() > 1 ? (*asked)[1] : "";
    send_parts(gate, {"1.0", id, known ? "200" : "400", known ? "OK" : "no key of this run", "", ""});
  }
}

ZmqServerPort::ZmqServerPort(std::unique_ptr<State> state) : state_(std::move(state)) {}
ZmqServerPort::~ZmqServerPort() = default;

Result<std::unique_ptr<ZmqServerPort>> ZmqServerPort::listen(const std::string& address, const CurveKeys& server,
                                                             const std::string& client) {
  auto state = std::make_unique<State>();
  MER_ASSIGN(state->context, new_context());
  MER_ASSIGN(state->gate, new_socket(state->context, ZMQ_REP));
  if (::zmq_bind(state->gate.get(), kAuthentication) != 0) return zmq_error(ErrorCode::internal, kAuthentication);
  std::array<std::uint8_t, kKeyBytes> admitted{};
  if (client.size() != kKeyCharacters || ::zmq_z85_decode(admitted.data(), client.c_str()) == nullptr) {
    return invalid("the client's key is not 40 characters of Z85");
  }
  state->admitted.assign(admitted.begin(), admitted.end());

  MER_ASSIGN(state->door, new_socket(state->context, ZMQ_ROUTER));
  const int yes = 1;
  ::zmq_setsockopt(state->door.get(), ZMQ_CURVE_SERVER, &yes, sizeof yes);
  MER_TRY(set_key(state->door, ZMQ_CURVE_SECRETKEY, server.secret_key));
  const std::string endpoint = "tcp://" + address + ":*";
  if (::zmq_bind(state->door.get(), endpoint.c_str()) != 0) {
    return zmq_error(ErrorCode::invalid,
                     "cannot listen for gateways on " + address +
                         " (an address or interface of this machine is expected; see MER_GATEWAY_ADDRESS)");
  }
  MER_ASSIGN(state->port, port_of(state->door));
  return std::unique_ptr<ZmqServerPort>(new ZmqServerPort(std::move(state)));
}

int ZmqServerPort::port() const {
  return state_->port;
}

void ZmqServerPort::send(const std::string& to, const std::string& bytes) {
  send_parts(state_->door, {to, bytes});
}

std::vector<ArrivedFrame> ZmqServerPort::poll() {
  state_->answer_gate();
  std::vector<ArrivedFrame> frames;
  for (int i = 0; i < kFramesOfOnePoll; ++i) {
    auto parts = receive(state_->door);
    if (!parts) break;
    if (parts->size() == 2) frames.push_back({std::move((*parts)[0]), std::move((*parts)[1])});
  }
  return frames;
}

// --- client ---

struct ZmqClientPort::State {
  Context context;
  Socket line;
};

ZmqClientPort::ZmqClientPort(std::unique_ptr<State> state) : state_(std::move(state)) {}
ZmqClientPort::~ZmqClientPort() = default;

Result<std::unique_ptr<ZmqClientPort>> ZmqClientPort::connect(const std::string& address, int port,
                                                              const std::string& server, const CurveKeys& client) {
  auto state = std::make_unique<State>();
  MER_ASSIGN(state->context, new_context());
  MER_ASSIGN(state->line, new_socket(state->context, ZMQ_DEALER));
  MER_TRY(set_key(state->line, ZMQ_CURVE_SERVERKEY, server));
  MER_TRY(set_key(state->line, ZMQ_CURVE_PUBLICKEY, client.public_key));
  MER_TRY(set_key(state->line, ZMQ_CURVE_SECRETKEY, client.secret_key));
  const std::string endpoint = "tcp://" + address + ":" + std::to_string(port);
  if (::zmq_connect(state->line.get(), endpoint.c_str()) != 0) {
    return zmq_error(ErrorCode::invalid, "cannot connect to " + endpoint);
  }
  return std::unique_ptr<ZmqClientPort>(new ZmqClientPort(std::move(state)));
}

void ZmqClientPort::send(const std::string& /*to*/, const std::string& bytes) {
  send_parts(state_->line, {bytes});
}

std::vector<ArrivedFrame> ZmqClientPort::poll() {
  std::vector<ArrivedFrame> frames;
  for (int i = 0; i < kFramesOfOnePoll; ++i) {
    auto parts = receive(state_->line);
    if (!parts) break;
    if (parts->size() == 1) frames.push_back({"", std::move((*parts)[0])});
  }
  return frames;
}

}  // namespace mer::transport
