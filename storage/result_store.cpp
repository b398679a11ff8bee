#include "storage/result_store.hpp"

#include <utility>

namespace mer::storage {

Result<std::vector<TrialProgress>> ResultWriter::progress(SweepId sweep) {
  std::vector<TrialProgress> trials;
  MER_TRY(each_trial(sweep, [&](TrialProgress trial) { trials.push_back(std::move(trial)); }));
  return trials;
}

StateCounts& StateCounts::operator+=(const StateCounts& other) {
  for (const auto count : {&StateCounts::pending, &StateCounts::running, &StateCounts::done, &StateCounts::failed,
                           &StateCounts::diverged, &StateCounts::cancelled}) {
    this->*count += other.*count;
  }
  return *this;
}

}  // namespace mer::storage
