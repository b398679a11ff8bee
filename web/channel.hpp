// Channel: the bytes of one connection, plain or over TLS, without ever waiting.
//
// Threads: one. Errors: an operation that fails says closed; why does not matter to a server.
#pragma once

#include <cstddef>
#include <memory>

#include "core/descriptor.hpp"
#include "web/tls.hpp"

namespace mer::web {

class Channel {
 public:
  Channel() = default;
  // context: of TLS, else nullptr. REQUIRES: the socket does not block, and the context outlives the channel.
  Channel(Descriptor socket, const TlsContext* context);

  int socket() const { return socket_.get(); }
  // What poll() should wait for before the last operation, which was blocked, is tried again.
  short awaits() const { return awaits_; }

  enum class Outcome { moved, blocked, closed };
  struct Moved {
    Outcome outcome = Outcome::closed;
    std::size_t bytes = 0;
  };
  Moved receive(char* to, std::size_t size);
  Moved send(const char* from, std::size_t size);
  // Nothing more is sent.
  void finish();

 private:
  struct FreeSsl {
    void operator()(ssl_st* ssl) const;
  };
  Moved outcome_of(int result);

  Descriptor socket_;
  std::unique_ptr<ssl_st, FreeSsl> ssl_;
  short awaits_ = 0;
};

}  // namespace mer::web
