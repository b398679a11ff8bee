#include "storage/result_store.hpp"

#include <utility>

namespace mer::storage {

Result<std::vector<TrialProgress>> ResultWriter::progress(SweepId sweep) {
  std::vector<TrialProgress> trials;
  MER_TRY(each_trial(sweep, [&](TrialProgress trial) { trials.push_back(std::move(trial)); }));
  return trials;
}

}  // namespace mer::storage
