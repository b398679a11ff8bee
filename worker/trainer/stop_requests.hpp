// StopRequests: which trials were asked to stop; and the thread that reads such requests from a pipe.
//
// Threads: all methods from any thread.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "core/frame.hpp"
#include "core/messages.hpp"
#include "core/result.hpp"

namespace mer::trainer {

class StopRequests {
 public:
  void add(const StopTrials& request);
  bool wanted(const TrialId& trial) const;
  bool any() const { return any_; }

 private:
  mutable std::mutex mutex_;
  std::atomic<bool> any_ = false;
  bool all_ = false;
  std::set<TrialId> trials_;
};

// Frames from a descriptor. The first is read by the caller's thread, the rest by start()'s.
class CommandReader {
 public:
  explicit CommandReader(int descriptor);
  ~CommandReader();
  CommandReader(const CommandReader&) = delete;
  CommandReader& operator=(const CommandReader&) = delete;

  // The next message; nullopt when the destructor runs. Error unavailable: the other side closed the pipe. Error
  // corrupt: bytes that are no message.
  Result<std::optional<Message>> read();

  // Adds StopTrials to `requests` until the pipe ends or breaks; then calls `lost` once, from the reader's thread.
  void start(StopRequests& requests, std::function<void(const Error&)> lost);

 private:
  bool wait_readable();  // false: the destructor runs

  const int descriptor_;
  const int wake_;  // eventfd that ends the thread
  FrameReader frames_;
  std::thread thread_;
};

}  // namespace mer::trainer
