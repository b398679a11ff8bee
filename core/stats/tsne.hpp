// t-SNE (van der Maaten and Hinton 2008) into the plane, exact: every pair of points counts. With the learning rate,
// gains, momenta and early exaggeration of scikit-learn's exact method. It starts from the principal components, so
// nothing is drawn at random: the same points give the same picture, on one machine to the last bit.
//
// It keeps which points are neighbours. Distances between clusters, their sizes and the axes mean nothing.
// Threads: pure functions. Errors: none. Cost: n^2/2 pairs an iteration, 2 n^2 bytes.
#pragma once

#include <cstddef>

#include "core/stats/points.hpp"

namespace mer::stats {

struct TsneOptions {
  double perplexity = 30;  // about how many neighbours a point has
  int iterations = 1000;   // of these the first quarter, at most 250, exaggerate
};

struct Tsne {
  Points placed;          // two coordinates each
  double divergence = 0;  // Kullback and Leibler's, from the points' neighbourhoods to the picture's
};

// The largest perplexity that so many points allow.
double most_perplexity(std::size_t points);

// The first two principal components, the first with an sd of 1e-4.
Points tsne_start(const Points& points);

// REQUIRES: finite values; 0 < perplexity <= most_perplexity(count); a start of as many points, two coordinates each.
Tsne tsne(const Points& points, const Points& start, const TsneOptions& options = {});

}  // namespace mer::stats
