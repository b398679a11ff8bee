// Requests: what the training thread is asked to do between two steps: trials that join, trials that stop, the end; a
// gang's sums; and
// the thread that reads such requests from a pipe.
//
// Threads: all methods from any thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "core/frame.hpp"
#include "core/messages.hpp"
#include "core/result.hpp"

namespace mer::trainer {

class Requests {
 public:
  // Trials are stopped once: one that joins later, under the same id, trains.
  void add(const StopTrials& request);
  void add(const Assign& joining);
  void add(const Shutdown&);  // nothing more comes
  void add(const GangSum&);   // the sum that this process waits for is there

  // Trials that were asked to join since the last call, in order; an empty list costs no lock.
  std::vector<TrialJob> take_joining();
  // The same for trials that were asked to stop: nullopt: none; an empty list: all.
  std::optional<StopTrials> take_stops();
  // Waits a while for trials to join; false: nothing more comes.
  bool wait();
  // For one GangSum; however long that takes.
  void wait_for_sum();

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> any_ = false;  // something to take
  bool ended_ = false;
  std::optional<StopTrials> stops_;
  std::vector<TrialJob> joining_;
  int sums_ = 0;  // not waited for yet
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

  // Adds what it reads to `requests` until the pipe ends or breaks; then calls `lost` once, from the reader's thread.
  void start(Requests& requests, std::function<void(const Error&)> lost);

 private:
  bool wait_readable();  // false: the destructor runs

  const int descriptor_;
  const int wake_;  // eventfd that ends the thread
  FrameReader frames_;
  std::thread thread_;
};

}  // namespace mer::trainer
