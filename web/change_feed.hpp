// ChangeFeed: streams of what changes in a store (text/event-stream), all of them at the cost of one reader.
//
// While a stream is open one thread looks at the store once a second, less often where a look takes long, and keeps
// what differed in a bounded journal. A stream goes on from its cursor, INSTANCE-VERSION as in an answer's ETag; one
// whose cursor the journal does not reach, or that is another server's, begins with a `reset`.
// Threads: start() and stop() from one thread, subscribe() from any; streams as ConnectionLoop uses them.
// Errors: a look that fails is repeated after the pause.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "core/result.hpp"
#include "storage/result_store.hpp"
#include "web/connection_loop.hpp"

namespace mer::web {

class ChangeFeed {
 public:
  struct Options {
    std::string instance;
    std::function<Result<std::unique_ptr<storage::ResultReader>>()> new_reader;  // called in the feed's thread
    std::function<void()> notify;                                                // streams have something to say
    std::size_t streams = 16;
    std::size_t journal_bytes = 1024 * 1024;
  };

  explicit ChangeFeed(Options options);
  ~ChangeFeed();  // stops. REQUIRES: no stream is left
  ChangeFeed(const ChangeFeed&) = delete;
  ChangeFeed& operator=(const ChangeFeed&) = delete;

  void start();
  void stop();

  // nullptr: as many as may be are open.
  std::unique_ptr<Stream> subscribe(const std::string& cursor);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mer::web
