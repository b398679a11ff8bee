// SharedGang: the members of a gang as processes of one machine, which add up their sums in a file that all of them
// map.
//
// Threads: one a process. Errors: a member that the others wait for in vain ends them, as core/gang.hpp says, after a
// minute.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <span>
#include <string>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>

#include "core/gang.hpp"

namespace mer::testing_support {

class SharedGang : public Gang {
 public:
  // file: of create(), the same for all members.
  SharedGang(const std::string& file, int rank, int size) : rank_(rank), size_(size) {
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
    void* const memory = ::mmap(nullptr, bytes_of(size), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    ::close(descriptor);
    if (memory == MAP_FAILED) give_up("the gang's file cannot be mapped");
    table_ = static_cast<Table*>(memory);
  }
  ~SharedGang() override { ::munmap(table_, bytes_of(size_)); }
  SharedGang(const SharedGang&) = delete;
  SharedGang& operator=(const SharedGang&) = delete;

  static bool create(const std::string& file, int size) {
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    const bool made = descriptor >= 0 && ::ftruncate(descriptor, off_t(bytes_of(size))) == 0;
    ::close(descriptor);
    return made;
  }

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  void sum(std::span<float> values) override { sum_of(values); }
  void sum(std::span<double> values) override { sum_of(values); }

 private:
  static constexpr std::size_t kRoom = 4096;  // numbers of each member that are added up at a time

  // Followed by the members' numbers: [size, kRoom].
  struct Table {
    std::atomic<int> arrived, round;
  };
  static_assert(std::atomic<int>::is_always_lock_free);

  static std::size_t bytes_of(int size) { return sizeof(Table) + std::size_t(size) * kRoom * sizeof(double); }

  [[noreturn]] static void give_up(const char* why) {
    std::fprintf(stderr, "SharedGang: %s\n", why);
    std::_Exit(3);
  }

  double* part(int member) const { return reinterpret_cast<double*>(table_ + 1) + std::size_t(member) * kRoom; }

  void meet() {
    const int round = table_->round.load();
    if (table_->arrived.fetch_add(1) + 1 == size_) {
      table_->arrived.store(0);
      table_->round.store(round + 1);
      return;
    }
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (table_->round.load() == round) {
      if (std::chrono::steady_clock::now() > deadline) give_up("the other members do not come");
      std::this_thread::sleep_for(std::chrono::microseconds(20));
    }
  }

  template <class T>
  void sum_of(std::span<T> values) {
    for (; values.size() > kRoom; values = values.subspan(kRoom)) sum_of(values.first(kRoom));
    std::copy(values.begin(), values.end(), part(rank_));
    meet();
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = 0;
      for (int member = 0; member < size_; ++member) values[i] = T(values[i] + T(part(member)[i]));
    }
    meet();
  }

  const int rank_, size_;
  Table* table_ = nullptr;
};

}  // namespace mer::testing_support
