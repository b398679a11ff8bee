// Background: a thread that carries out tasks, one after the other in the order in which they were added, while another
// thread goes on.
//
// Threads: add() from any thread. Errors: a task's exception comes out of its future's get().
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>

namespace mer::trainer {

class Background {
 public:
  Background();
  // Carries out what was added, then ends.
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  template <class Task>
  std::future<std::invoke_result_t<Task>> add(Task task) {
    auto shared = std::make_shared<std::packaged_task<std::invoke_result_t<Task>()>>(std::move(task));
    auto future = shared->get_future();
    push([shared] { (*shared)(); });
    return future;
  }

 private:
  void push(std::function<void()> task);
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool ending_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace mer::trainer
