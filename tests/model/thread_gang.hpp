// ThreadGang: the members of a gang as threads of one process.
//
//   run_gang(2, [](Gang& member) { ... });   // in every thread; sums wait for each other
#pragma once

#include <ATen/Parallel.h>
#include <barrier>
#include <functional>
#include <span>
#include <thread>
#include <vector>

#include "core/gang.hpp"

namespace mer::model {

// What the members share.
struct ThreadGangTable {
  explicit ThreadGangTable(int size) : summed(size), parts(std::size_t(size)) {}

  std::barrier<> summed;
  std::vector<std::vector<double>> parts;
};

class ThreadGang : public Gang {
 public:
  ThreadGang(ThreadGangTable& table, int rank) : table_(table), rank_(rank) {}

  int rank() const override { return rank_; }
  int size() const override { return int(table_.parts.size()); }
  void sum(std::span<float> values) override { sum_of(values); }
  void sum(std::span<double> values) override { sum_of(values); }

 private:
  template <class T>
  void sum_of(std::span<T> values) {
    table_.parts[std::size_t(rank_)].assign(values.begin(), values.end());
    table_.summed.arrive_and_wait();
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = 0;
      for (const std::vector<double>& part : table_.parts) values[i] = T(values[i] + T(part[i]));
    }
    table_.summed.arrive_and_wait();
  }

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
