#include "core/stats/tsne.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "core/check.hpp"
#include "core/stats/pca.hpp"

namespace mer::stats {
namespace {

using Eigen::ArrayXd;
using Eigen::Index;
using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Plane = Eigen::Array<double, Eigen::Dynamic, 2>;

constexpr double kStartSd = 1e-4;
constexpr double kExaggeration = 12;
constexpr int kLongestExaggeration = 250;
constexpr double kSmallest = std::numeric_limits<double>::epsilon();

// The pairs (i, j) with j < i: row i has i of them.
class Pairs {
 public:
  explicit Pairs(Index points) : values_(std::size_t(points * (points - 1) / 2)) {}
  Eigen::Map<Eigen::ArrayXf> row(Index i) { return {values_.data() + i * (i - 1) / 2, i}; }
  Eigen::Map<const Eigen::ArrayXf> row(Index i) const { return {values_.data() + i * (i - 1) / 2, i}; }

 private:
  std::vector<float> values_;
};

// The probabilities of point i's neighbours, with the entropy that the perplexity asks for; `squared` without i itself.
ArrayXd neighbours_of(const ArrayXd& squared, double perplexity) {
  constexpr int kSteps = 100;
  constexpr double kNear = 1e-5;
  const double wanted = std::log(perplexity), nearest = squared.minCoeff();
  double precision = 1, low = 0, high = std::numeric_limits<double>::infinity();
  ArrayXd weights;
  for (int step = 0; step < kSteps; ++step) {
    weights = (-precision * (squared - nearest)).exp();
    const double sum = weights.sum();
    const double entropy = std::log(sum) + precision * ((squared - nearest) * weights).sum() / sum;
    weights /= sum;
    if (std::abs(entropy - wanted) <= kNear) break;
    (entropy > wanted ? low : high) = precision;
    precision = std::isinf(high) ? 2 * precision : (low + high) / 2;
  }
  return weights;
}

// Of each pair, symmetric, so that all pairs in both directions sum to 1.
Pairs joint_probabilities(const Points& points, double perplexity) {
  const Index count = Index(points.count());
  const Eigen::Map<const RowMajor> all(points.values.data(), count, Index(points.width));
  const Eigen::VectorXd norms = all.rowwise().squaredNorm();
  Pairs joint(count);
  for (Index i = 1; i < count; ++i) joint.row(i).setZero();
  ArrayXd squared(count), others(count - 1);
  for (Index i = 0; i < count; ++i) {
    squared = ((norms.array() + norms[i]) - 2 * (all * all.row(i).transpose()).array()).max(0);
    others << squared.head(i), squared.tail(count - 1 - i);
    const ArrayXd near = neighbours_of(others, perplexity) / double(2 * count);
    if (i > 0) joint.row(i) += near.head(i).cast<float>();
    for (Index j = i + 1; j < count; ++j) joint.row(j)[i] += float(near[j - 1]);
  }
  return joint;
}

// How alike points of the plane are, by Student's t with one degree of freedom: point i to those before it.
struct Alike {
  ArrayXd x, y, weight;  // differences, and 1 / (1 + their squares)
  Alike(const Plane& placed, Index i)
      : x(placed(i, 0) - placed.col(0).head(i)),
        y(placed(i, 1) - placed.col(1).head(i)),
        weight((1 + x.square() + y.square()).inverse()) {}
};

// Of the divergence, from neighbourhoods that are so much exaggerated.
Plane gradient_of(const Pairs& joint, const Plane& placed, double exaggeration) {
  Plane attraction = Plane::Zero(placed.rows(), 2), repulsion = Plane::Zero(placed.rows(), 2);
  double sum = 0;
  const auto add = [](Plane& to, Index i, Index axis, const auto& force) {
    const ArrayXd forces = force;
    to(i, axis) += forces.sum();
    to.col(axis).head(i) -= forces;
  };
  for (Index i = 1; i < placed.rows(); ++i) {
    const Alike alike(placed, i);
    const ArrayXd pull = joint.row(i).cast<double>() * alike.weight, push = alike.weight.square();
    add(attraction, i, 0, pull * alike.x);
    add(attraction, i, 1, pull * alike.y);
    add(repulsion, i, 0, push * alike.x);
    add(repulsion, i, 1, push * alike.y);
    sum += 2 * alike.weight.sum();
  }
  return 4 * (exaggeration * attraction - repulsion / sum);
}

double divergence_of(const Pairs& joint, const Plane& placed) {
  double sum = 0;
  for (Index i = 1; i < placed.rows(); ++i) sum += 2 * Alike(placed, i).weight.sum();
  double divergence = 0;
  for (Index i = 1; i < placed.rows(); ++i) {
    const ArrayXd p = joint.row(i).cast<double>().max(kSmallest);
    const ArrayXd q = (Alike(placed, i).weight / sum).max(kSmallest);
    divergence += 2 * (p * (p / q).log()).sum();
  }
  return divergence;
}

struct Phase {
  int iterations = 0;
  double exaggeration = 1, momentum = 0;
};

// Gradient descent with momentum, and a gain of its own for each coordinate. Each phase begins at rest.
Plane descend(const Pairs& joint, Plane placed, const Phase& phase, double learning_rate) {
  Plane update = Plane::Zero(placed.rows(), 2), gains = Plane::Ones(placed.rows(), 2);
  for (int iteration = 0; iteration < phase.iterations; ++iteration) {
    const Plane gradient = gradient_of(joint, placed, phase.exaggeration);
    gains = (update * gradient < 0).select(gains + 0.2, gains * 0.8).max(0.01);
    update = phase.momentum * update - learning_rate * gains * gradient;
    placed += update;
  }
  return placed;
}

Plane plane_of(const Points& points) {
  return Eigen::Map<const RowMajor>(points.values.data(), Index(points.count()), 2).array();
}

}  // namespace

double most_perplexity(std::size_t points) {
  return points < 4 ? 0 : double(points - 1) / 3;
}

Points tsne_start(const Points& points) {
  Points start = principal_components(points, 2).projected;
  double squares = 0;
  for (std::size_t i = 0; i < start.count(); ++i) squares += start.at(i, 0) * start.at(i, 0);
  const double sd = std::sqrt(squares / double(std::max<std::size_t>(start.count(), 1)));
  for (double& value : start.values) value *= sd > 0 ? kStartSd / sd : 0;
  return start;
}

Tsne tsne(const Points& points, const Points& start, const TsneOptions& options) {
  MER_CHECK(start.width == 2 && start.count() == points.count(), "a place in the plane for each point");
  MER_CHECK(options.perplexity > 0 && options.perplexity <= most_perplexity(points.count()), "perplexity");
  const Pairs joint = joint_probabilities(points, options.perplexity);
  const double learning_rate = std::max(double(points.count()) / kExaggeration / 4, 50.0);
  const int exaggerated = std::min(options.iterations / 4, kLongestExaggeration);
  Plane placed = plane_of(start);
  for (const Phase& phase : {Phase{exaggerated, kExaggeration, 0.5}, Phase{options.iterations - exaggerated, 1, 0.8}}) {
    placed = descend(joint, std::move(placed), phase, learning_rate);
  }
  Tsne result{.placed = {2, std::vector<double>(start.values.size())}, .divergence = divergence_of(joint, placed)};
  Eigen::Map<RowMajor>(result.placed.values.data(), Index(points.count()), 2) = placed.matrix();
  return result;
}

}  // namespace mer::stats
