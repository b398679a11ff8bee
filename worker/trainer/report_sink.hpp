// ReportSink: where a trainer's messages go: frames on a pipe or in a file, or lines for a person.
//
// Threads: send() may be called from any thread; frames never mix. Errors: a FrameSink whose other side is gone answers
// unavailable; the caller ends the process.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "core/messages.hpp"
#include "core/result.hpp"

namespace mer::trainer {

class ReportSink {
 public:
  virtual ~ReportSink() = default;
  virtual Status send(const Message& message) = 0;
};

// Whole frames (core/frame.hpp) to a descriptor, which it does not own.
class FrameSink : public ReportSink {
 public:
  explicit FrameSink(int descriptor) : descriptor_(descriptor) {}
  Status send(const Message& message) override;

 private:
  std::mutex mutex_;
  const int descriptor_;
};

// One line per report on stdout; beats are left out.
class ProgressSink : public ReportSink {
 public:
  Status send(const Message& message) override;
};

// Calls `beat` each second from a thread of its own until destroyed: shows that the process is scheduled at all, also
// while the training thread is in a long operation.
class Heartbeat {
 public:
  explicit Heartbeat(std::function<void()> beat);

 private:
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace mer::trainer
