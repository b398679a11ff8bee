#include "core/stats/pca.hpp"

#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <algorithm>

#include "core/check.hpp"

namespace mer::stats {
namespace {

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

void fix_sign(Eigen::Ref<Eigen::VectorXd> axis) {
  Eigen::Index largest = 0;
  axis.cwiseAbs().maxCoeff(&largest);
  if (axis[largest] < 0) axis = -axis;
}

}  // namespace

Pca principal_components(const Points& points, std::size_t components) {
  MER_CHECK(components <= points.width, "no more components than coordinates");
  Pca pca{.projected = {components, std::vector<double>(points.count() * components)},
          .explained = std::vector<double>(components, 0.0)};
  if (points.count() == 0 || components == 0) return pca;
  const Eigen::Index width = Eigen::Index(points.width), kept = Eigen::Index(components);
  RowMajor centred = Eigen::Map<const RowMajor>(points.values.data(), Eigen::Index(points.count()), width);
  centred.rowwise() -= centred.colwise().mean().eval();
  const Eigen::MatrixXd scatter = centred.transpose() * centred;
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(scatter);  // ascending
  Eigen::MatrixXd axes = solver.eigenvectors().rightCols(kept).rowwise().reverse();
  for (Eigen::Index axis = 0; axis < kept; ++axis) fix_sign(axes.col(axis));
  Eigen::Map<RowMajor>(pca.projected.values.data(), centred.rows(), kept) = centred * axes;
  const double total = scatter.trace();
  for (Eigen::Index axis = 0; total > 0 && axis < kept; ++axis) {
    pca.explained[std::size_t(axis)] = std::max(0.0, solver.eigenvalues()[width - 1 - axis]) / total;
  }
  return pca;
}

}  // namespace mer::stats
