// HostRuntime: a device that is not there: its memory is the host's, its queue runs at synchronize(), its recordings
// are lists of the same launches. What is computed on a GPU runs on it unchanged, but for matrix products and a gang's
// sums, which are the host's.
//
// Threads and errors: model/grid/runtime.hpp.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "model/grid/layout.hpp"
#include "model/grid/products.hpp"
#include "model/grid/runtime.hpp"

namespace mer::grid {

class HostRuntime : public Runtime {
 public:
  // memory_limit: bytes of the device, to try what happens when they run out.
  explicit HostRuntime(std::size_t memory_limit = std::size_t{1} << 40) : memory_limit_(memory_limit) {}
  ~HostRuntime() override;

  std::string name() const override { return "host grid"; }
  std::size_t memory_limit() const override { return memory_limit_; }
  const Operations<float>& operations_in_float() const override;
  const Operations<double>& operations_in_double() const override;

  void* allocate_pinned(std::size_t bytes) override;
  void release_pinned(void* memory) override;
  void upload(void* device, const void* host, std::size_t bytes) override { copy(device, host, bytes); }
  void download(void* host, const void* device, std::size_t bytes) override { copy(host, device, bytes); }
  void copy(void* to, const void* from, std::size_t bytes) override;
  void clear(void* device, std::size_t bytes) override;
  void synchronize() override;
  void replay(const Recording& recording) override;

  // function(i) for each i < count, in any order.
  template <class Function>
  void launch(std::size_t count, const Function& function) {
    check_launch<Function>(count);
    enqueue([count, function] {
      for (std::size_t i = 0; i < count; ++i) function(Index(i));
    });
  }

  // function(block, step, unit) for each unit < units, then a barrier, for each step < function.steps(block); the
  // blocks in any order.
  template <class Function>
  void launch_blocks(Index blocks, Index units, const Function& function) {
    check_launch<Function>(blocks);
    enqueue([blocks, units, function] {
      for (Index block = 0; block < blocks; ++block) {
        const Index steps = function.steps(block);
        for (Index step = 0; step < steps; ++step) {
          for (Index unit = 0; unit < units; ++unit) function(block, step, unit);
        }
      }
    });
  }

  template <class T>
  void multiply(const Products<T>& products);

 protected:
  void* acquire(std::size_t bytes) override;
  void give_back(void* memory, std::size_t bytes) override;
  void begin_capture() override;
  std::unique_ptr<Recording> end_capture() override;
  void enter(Gang& gang) override { gang_ = &gang; }
  void queue_sums(std::span<const GangSum> sums) override;

 private:
  using Work = std::function<void()>;

  void enqueue(Work work);

  std::size_t memory_limit_;
  std::size_t memory_ = 0;
  Gang* gang_ = nullptr;
  std::vector<Work> queue_;
  std::optional<std::vector<Work>> recorded_;
};

}  // namespace mer::grid
