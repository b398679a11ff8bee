// Principal components: points turned so that the first coordinates hold as much of their variance as can be.
//
// Threads: pure functions. Errors: none.
#pragma once

#include <cstddef>
#include <vector>

#include "core/stats/points.hpp"

namespace mer::stats {

struct Pca {
  Points projected = {};               // of the points less their mean
  std::vector<double> explained = {};  // share of the total variance, by component; 0 where all points are the same
};

// The sign of each component makes the largest of its loadings positive, as scikit-learn does. REQUIRES: finite values;
// components <= width.
Pca principal_components(const Points& points, std::size_t components);

}  // namespace mer::stats
