// The distributions that the tests need, from Boost.Math.
//
// Threads: pure functions. REQUIRES: degrees of freedom > 0, 0 < probability < 1.
#pragma once

#include <cstdint>

namespace mer::stats {

// Of Student's t.
double student_quantile(double probability, double degrees);
double student_two_sided(double t, double degrees);  // P(|T| >= |t|)

// P(X <= successes) of `trials` fair coins.
double fair_binomial_cdf(std::int64_t successes, std::int64_t trials);

}  // namespace mer::stats
