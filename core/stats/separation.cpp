#include "core/stats/separation.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/check.hpp"

namespace mer::stats {
namespace {

using Eigen::Index;
using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr Index kBlock = 256;  // rows whose distances to all points are there at once

Eigen::Map<const RowMajor> matrix_of(const Points& points) {
  return {points.values.data(), Index(points.count()), Index(points.width)};
}

// Of a point in group `own`, from the sum of its distances to each group.
double silhouette_of(const Eigen::Ref<const Eigen::RowVectorXd>& sums, const Eigen::VectorXd& sizes, Index own) {
  if (sizes[own] < 2) return 0;
  const double within = sums[own] / (sizes[own] - 1);
  double nearest = std::numeric_limits<double>::infinity();
  for (Index group = 0; group < sizes.size(); ++group) {
    if (group != own && sizes[group] > 0) nearest = std::min(nearest, sums[group] / sizes[group]);
  }
  const double longer = std::max(within, nearest);
  return longer > 0 ? (nearest - within) / longer : 0;
}

}  // namespace

std::optional<double> silhouette(const Points& points, std::span<const int> groups) {
  MER_CHECK(groups.size() == points.count(), "a group for each point");
  if (groups.empty()) return std::nullopt;
  const Eigen::Map<const RowMajor> all = matrix_of(points);
  const Index count = all.rows();
  RowMajor member = RowMajor::Zero(count, *std::ranges::max_element(groups) + 1);
  for (Index i = 0; i < count; ++i) member(i, groups[std::size_t(i)]) = 1;
  const Eigen::VectorXd sizes = member.colwise().sum();
  if ((sizes.array() > 0).count() < 2) return std::nullopt;
  const Eigen::VectorXd norms = all.rowwise().squaredNorm();
  double sum = 0;
  for (Index begin = 0; begin < count; begin += kBlock) {
    const Index rows = std::min(kBlock, count - begin);
    RowMajor distances = -2 * all.middleRows(begin, rows) * all.transpose();
    distances.colwise() += norms.segment(begin, rows);
    distances.rowwise() += norms.transpose();
    distances = distances.array().max(0).sqrt();
    for (Index i = 0; i < rows; ++i) distances(i, begin + i) = 0;
    const RowMajor sums = distances * member;
    for (Index i = 0; i < rows; ++i) sum += silhouette_of(sums.row(i), sizes, groups[std::size_t(begin + i)]);
  }
  return sum / double(count);
}

std::optional<double> gap_between(const Points& first, const Points& second) {
  MER_CHECK(first.width == second.width, "points of one space");
  if (first.count() == 0 || second.count() == 0) return std::nullopt;
  const auto one = matrix_of(first), other = matrix_of(second);
  const Eigen::RowVectorXd centre = one.colwise().mean(), other_centre = other.colwise().mean();
  const double squares = (one.rowwise() - centre).squaredNorm() + (other.rowwise() - other_centre).squaredNorm();
  const double spread = std::sqrt(squares / double(one.rows() + other.rows()));
  if (spread <= 0) return std::nullopt;
  return (centre - other_centre).norm() / spread;
}

}  // namespace mer::stats
