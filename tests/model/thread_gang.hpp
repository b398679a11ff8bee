// ThreadGang: the members of a gang as threads of one process.
//
//   run_gang(2, [](Gang& member) { ... });   // in every thread; sums wait for each other
#pragma once

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <barrier>
#include <c10/core/GradMode.h>
#include <functional>
#include <thread>
#include <vector>

#include "model/gang.hpp"

namespace mer::model {

// What the members share.
struct ThreadGangTable {
  explicit ThreadGangTable(int size) : summed(size), parts(std::size_t(size)) {}

  std::barrier<> summed;
  std::vector<at::Tensor> parts;
};

class ThreadGang : public Gang {
 public:
  ThreadGang(ThreadGangTable& table, int rank) : table_(table), rank_(rank) {}

  int rank() const override { return rank_; }
  int size() const override { return int(table_.parts.size()); }
  void sum(const at::Tensor& tensor) override {
    table_.parts[std::size_t(rank_)] = tensor.clone();
    table_.summed.arrive_and_wait();
    tensor.copy_(table_.parts[0]);
    for (int i = 1; i < size(); ++i) tensor.add_(table_.parts[std::size_t(i)]);
    table_.summed.arrive_and_wait();
  }

 private:
  ThreadGangTable& table_;
  const int rank_;
};

inline void run_gang(int size, const std::function<void(Gang&)>& member) {
  ThreadGangTable table(size);
  std::vector<std::thread> threads;
  for (int rank = 0; rank < size; ++rank) {
    threads.emplace_back([&, rank] {
      at::set_num_threads(1);
      ThreadGang gang(table, rank);
      member(gang);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace mer::model
