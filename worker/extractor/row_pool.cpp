#include "worker/extractor/row_pool.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace mer::extractor {
namespace {

constexpr std::chrono::milliseconds kWatch{200};

class Pool {
 public:
  Pool(std::size_t rows, const std::function<bool(std::size_t)>& work) : rows_(rows), work_(work) {}

  void run() {
    std::unique_lock lock(mutex_);
    while (!stopped_ && next_ < rows_) {
      const std::size_t row = next_++;
      ++state_.running;
      lock.unlock();
      const bool go_on = work_(row);
      lock.lock();
      --state_.running;
      ++state_.done;
      stopped_ = stopped_ || !go_on;
    }
    if (state_.running == 0) idle_.notify_all();
  }

  void watch(const std::function<bool(PoolState)>& watch) {
    std::unique_lock lock(mutex_);
    for (bool ended = false; !ended;) {
      ended = idle_.wait_for(lock, kWatch, [&] { return state_.running == 0 && (stopped_ || next_ == rows_); });
      const PoolState state = state_;
      lock.unlock();
      const bool go_on = watch(state);
      lock.lock();
      stopped_ = stopped_ || !go_on;
    }
  }

 private:
  const std::size_t rows_;
  const std::function<bool(std::size_t)>& work_;
  std::mutex mutex_;
  std::condition_variable idle_;
  PoolState state_;
  std::size_t next_ = 0;
  bool stopped_ = false;
};

}  // namespace

void for_each_row(std::size_t rows, int jobs, const std::function<bool(std::size_t)>& work,
                  const std::function<bool(PoolState)>& watch) {
  Pool pool(rows, work);
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < std::min(rows, std::size_t(std::max(jobs, 1))); ++i) {
    threads.emplace_back([&pool] { pool.run(); });
  }
  pool.watch(watch);
}

}  // namespace mer::extractor
