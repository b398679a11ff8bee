#include "core/profile.hpp"

#include <numeric>

#include "core/enum_names.hpp"

namespace mer {

const char* name_of(Work work) {
  return enum_name(work);
}

double Profile::total() const {
  return std::accumulate(seconds.begin(), seconds.end(), 0.0);
}

double Profile::training() const {
  return of(Work::gather) + of(Work::forward) + of(Work::losses) + of(Work::backward) + of(Work::optimizer);
}

Profile& Profile::operator+=(const Profile& more) {
  steps += more.steps;
  for (std::size_t i = 0; i < kWorks; ++i) seconds[i] += more.seconds[i];
  return *this;
}

Profile& Profile::operator-=(const Profile& less) {
  steps -= less.steps;
  for (std::size_t i = 0; i < kWorks; ++i) seconds[i] -= less.seconds[i];
  return *this;
}

}  // namespace mer
