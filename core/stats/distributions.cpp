#include "core/stats/distributions.hpp"

#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

namespace mer::stats {

double student_quantile(double probability, double degrees) {
  return boost::math::quantile(boost::math::students_t(degrees), probability);
}

double student_two_sided(double t, double degrees) {
  if (std::isinf(t)) return 0;
  return 2 * boost::math::cdf(boost::math::complement(boost::math::students_t(degrees), std::abs(t)));
}

double fair_binomial_cdf(std::int64_t successes, std::int64_t trials) {
  return boost::math::cdf(boost::math::binomial(double(trials), 0.5), double(successes));
}

}  // namespace mer::stats
