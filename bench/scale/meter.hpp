// Meter: real CPU time of this thread, measured around calls.
//
// Threads: one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <ctime>
#include <vector>

namespace mer::scale {

inline double cpu_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return double(time.tv_sec) + double(time.tv_nsec) * 1e-9;
}

class Meter {
 public:
  template <class Call>
  auto measure(const Call& call) {
    const double begin = cpu_seconds();
    auto result = call();
    note(cpu_seconds() - begin);
    return result;
  }
  void note(double seconds) {
    total_ += seconds;
    samples_.push_back(float(seconds));
  }

  double total() const { return total_; }
  std::size_t calls() const { return samples_.size(); }
  // Of the calls; 0 where there are none.
  double quantile(double q) const {
    if (samples_.empty()) return 0;
    std::vector<float> sorted = samples_;
    const auto at = sorted.begin() + std::ptrdiff_t(q * double(sorted.size() - 1));
    std::nth_element(sorted.begin(), at, sorted.end());
    return double(*at);
  }

 private:
  double total_ = 0;
  std::vector<float> samples_;
};

}  // namespace mer::scale
