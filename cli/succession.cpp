#include "cli/succession.hpp"

namespace mer::cli {

bool Succession::is_due(bool held, bool has_own, TimePoint now) {
  if (held || has_own) {
    free_since_.reset();
    return false;
  }
  if (!free_since_) free_since_ = now;
  if (now - *free_since_ < delay_) return false;
  free_since_.reset();
  return true;
}

Succession::Step Succession::next(const Standing& standing) {
  if (standing.complete()) return Step::leave;
  if (last_start_) fruitless_ = standing.beyond(*last_start_) ? 0 : fruitless_ + 1;
  if (fruitless_ >= kMostStarts) return Step::wait;
  last_start_ = standing;
  return Step::lead;
}

}  // namespace mer::cli
