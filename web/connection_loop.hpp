// ConnectionLoop: TCP connections, over TLS or not, that carry one HTTP request head and one answer each, under
// absolute limits. An answer may go on as a stream, which holds no thread either.
//
// One thread polls all sockets; a connection holds a worker thread only while its answer is computed, never while its
// client is slow. A head that is not complete in time is answered 408, one over the byte budget 431; when the house is
// full, the connection that has waited longest for its head is closed, or, when none waits, the one that was opened
// first of those whose clients still read their answers. Bytes after the head are read and dropped.
// Threads: start() and stop() from one thread, notify() from any; `answer` runs on several threads at once, streams are
// used and destroyed in the polling one or by stop(); neither may throw.
// Errors: start() returns invalid (address unknown), busy (port taken) or io.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "core/result.hpp"
#include "web/tls.hpp"

namespace mer::web {

struct ConnectionLimits {
  std::chrono::milliseconds head_time{2000};     // from accept to the end of the head, TLS's handshake included
  std::chrono::milliseconds answer_time{10000};  // to send the answer, or what a stream has had to say at once
  std::chrono::milliseconds drain_time{500};     // for the client to close after it
  std::chrono::milliseconds leave_time{1000};    // for stop(): to send the answers that are owed
  std::chrono::milliseconds silence{15000};      // after which a stream gets a comment, so that it is known to live
  std::size_t head_bytes = 32 * 1024;
  std::size_t drain_bytes = 1024 * 1024;
  std::size_t connections = 256;
  std::size_t streams = 16;  // that whoever opens them shall not exceed
  int threads = 4;
};

struct ListenAddress {
  std::string host = "127.0.0.1";  // numeric or a name
  int port = 0;                    // 0: any free one
};

// What follows an answer on its connection, event by event, until the client goes, is too slow, or the loop stops.
class Stream {
 public:
  Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  virtual ~Stream() = default;
  // What there is to say now; empty: nothing. It must not wait. Asked again only when all of it has been sent.
  virtual std::string take() = 0;
};

struct Reply {
  std::string bytes;
  std::unique_ptr<Stream> stream = nullptr;  // nullptr: the bytes are all
};

// True when every address that `host` resolves to is a loopback one.
Result<bool> is_loopback(const std::string& host);

class ConnectionLoop {
 public:
  using Answer = std::function<Reply(const std::string& head)>;  // head ends with an empty line

  // tls: what connections are encrypted with; nullptr: they are not.
  ConnectionLoop(ConnectionLimits limits, Answer answer, std::shared_ptr<const TlsContext> tls = nullptr);
  ~ConnectionLoop();  // stops
  ConnectionLoop(const ConnectionLoop&) = delete;
  ConnectionLoop& operator=(const ConnectionLoop&) = delete;

  // Binds, listens and serves in the background; the answer is the port.
  Result<int> start(const ListenAddress& address);

  // Streams have something to say: they are asked soon.
  void notify();

  // Takes nothing more, answers what was asked, ends the streams, and closes everything.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mer::web
