// ZmqServerPort and ZmqClientPort: frame ports over TCP, encrypted and authenticated with CURVE. The only place that
// knows ZeroMQ.
//
// The server admits a client that has the one client key; every other handshake is refused before a frame of it is
// seen. ZeroMQ connects again by itself. Threads: the one of frame_port.hpp; ZeroMQ has a thread of its own for its
// sockets. Errors: unavailable: ZeroMQ was built without CURVE, or does not start; invalid: an address that this
// machine cannot listen on, or a key that is none.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "transport/frame_port.hpp"

namespace mer::transport {

// Of Curve25519, as 40 characters of Z85.
struct CurveKeys {
  std::string public_key;
  std::string secret_key;
};
Result<CurveKeys> new_curve_keys();

class ZmqServerPort : public FramePort {
 public:
  // Listens on a free port of the address ("127.0.0.1", or "*" for all). client: public key of those who may come in.
  static Result<std::unique_ptr<ZmqServerPort>> listen(const std::string& address, const CurveKeys& server,
                                                       const std::string& client);
  ~ZmqServerPort() override;

  int port() const;
  void send(const std::string& to, const std::string& bytes) override;
  std::vector<ArrivedFrame> poll() override;

 private:
  struct State;
  explicit ZmqServerPort(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

class ZmqClientPort : public FramePort {
 public:
  // server: public key of the one that it must be.
  static Result<std::unique_ptr<ZmqClientPort>> connect(const std::string& address, int port, const std::string& server,
                                                        const CurveKeys& client);
  ~ZmqClientPort() override;

  void send(const std::string& to, const std::string& bytes) override;
  std::vector<ArrivedFrame> poll() override;

 private:
  struct State;
  explicit ZmqClientPort(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace mer::transport
