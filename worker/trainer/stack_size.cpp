#include "worker/trainer/stack_size.hpp"

#include <algorithm>
#include <utility>

namespace mer::trainer {
namespace {

constexpr std::size_t kWarmUp = 3, kMeasured = 12;  // steps at each size
constexpr double kWorthIt = 0.97;                   // of the cost before

// Not the mean: another process on the machine makes some steps much slower.
double median(std::vector<double> values) {
  const auto middle = values.begin() + std::ptrdiff_t(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

StackSize::StackSize(int fixed, int most)
    : most_(std::max(1, most)), trials_(std::max(1, fixed)), settled_(fixed > 0 || most_ == 1) {}

bool StackSize::note(int active, std::int64_t rows, double seconds) {
  if (settled_ || active != trials_ || rows == 0) return false;
  costs_.push_back(seconds / double(rows));
  if (costs_.size() < kWarmUp + kMeasured) return false;
  const double cost = median({costs_.begin() + kWarmUp, costs_.end()});
  costs_.clear();
  if (trials_ > 1 && cost > kWorthIt * cheapest_) return settle(trials_ / 2);
  cheapest_ = cost;
  if (2 * trials_ > most_) return settle(trials_);
  trials_ *= 2;
  return true;
}

bool StackSize::settle(int trials) {
  settled_ = true;
  return std::exchange(trials_, trials) != trials;
}

}  // namespace mer::trainer
