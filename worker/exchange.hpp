// Exchange: two queues between the agent's loop, which never waits, and a thread that does what may wait (files).
//
// Threads: one on each side. After close() the thread's side gets nothing more and should end. Errors: none.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <iterator>
#include <limits>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace mer::worker {

template <class ToThread, class ToLoop>
class Exchange {
 public:
  // --- the loop's side ---
  void give(ToThread item) {
    const std::lock_guard lock(mutex_);
    to_thread_.push_back(std::move(item));
    changed_.notify_all();
  }

  std::vector<ToLoop> take() {
    const std::lock_guard lock(mutex_);
    std::vector<ToLoop> items(std::move_iterator(to_loop_.begin()), std::move_iterator(to_loop_.end()));
    to_loop_.clear();
    changed_.notify_all();
    return items;
  }

  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

  // --- the thread's side ---
  // Waits for the next; nullopt: closed, or none has come by then.
  std::optional<ToThread> next(std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, limit, [this] { return closed_ || !to_thread_.empty(); });
    if (closed_ || to_thread_.empty()) return std::nullopt;
    std::optional<ToThread> item(std::move(to_thread_.front()));
    to_thread_.pop_front();
    return item;
  }

  // Waits as long as the loop has not taken `most` others.
  void put(ToLoop item, std::size_t most = std::numeric_limits<std::size_t>::max()) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || to_loop_.size() < most; });
    to_loop_.push_back(std::move(item));
  }

  bool closed() const {
    const std::lock_guard lock(mutex_);
    return closed_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<ToThread> to_thread_;
  std::deque<ToLoop> to_loop_;
  bool closed_ = false;
};

}  // namespace mer::worker
