// How far apart groups of points are, in the space that they are in.
//
// Threads: pure functions. Errors: none; what cannot be told is absent.
#pragma once

#include <optional>
#include <span>

#include "core/stats/points.hpp"

namespace mer::stats {

// The mean silhouette (Rousseeuw 1987): how much nearer a point is to its own group than to the nearest other one. 1:
// far apart; 0: they overlap; below 0: nearer to another's. A group of one counts 0. nullopt: fewer than two groups.
// Cost: n^2 distances. REQUIRES: a group from 0 for each point; finite values.
std::optional<double> silhouette(const Points& points, std::span<const int> groups);

// Between the centres of two sets, over the root mean square distance of their points from their own centre. 0: the
// same centre; 1: as far as a point is from its centre. nullopt: a set is empty, or all points are their centres.
std::optional<double> gap_between(const Points& first, const Points& second);

}  // namespace mer::stats
