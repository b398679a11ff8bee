#include "bench/scale/costs.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace mer::scale {
namespace {

// A trial of 150 epochs on one core takes 31 s (msp-improv) or 75 s (iemocap): 0.44 about their middle, by shape most
// of it. Rounds of one benchmark differ by up to 15 %.
constexpr double kShapeSpread = 0.40, kConfigurationSpread = 0.18, kFoldSpread = 0.10, kEpochSpread = 0.05;

enum class Purpose : std::uint64_t { shape = 1, configuration, fold, epoch, node };

Random random_of(const Cluster& cluster, Purpose purpose, std::uint64_t a, std::uint64_t b = 0, std::uint64_t c = 0) {
  const std::uint64_t key =
      (((cluster.seed * 31 + std::uint64_t(purpose)) * 1'000'003 + a) * 1'000'003 + b) * 1'000'003;
  Random random(key + c);
  random.next();
  return random;
}

double uniform(Random& random) {
  return (double(random.next() >> 11) + 0.5) * 0x1.0p-53;
}

}  // namespace

double log_normal(Random& random, double median, double sigma) {
  const double radius = std::sqrt(-2 * std::log(uniform(random)));
  return median * std::exp(sigma * radius * std::cos(2 * std::numbers::pi * uniform(random)));
}

Time from_seconds(double seconds) {
  return Time(std::int64_t(seconds * 1e6));
}

double to_seconds(Time time) {
  return double(time.count()) / 1e6;
}

// Configurations of one shape follow each other, as in a grid whose last keys are alpha and beta.
int shape_of(const Cluster& cluster, int configuration) {
  return configuration * kShapes / std::max(kShapes, cluster.configurations());
}

double epoch_cost(const Cluster& cluster, int configuration, int fold, std::uint64_t seed, int epoch) {
  const auto c = std::uint64_t(configuration), f = std::uint64_t(fold);
  Random shape = random_of(cluster, Purpose::shape, std::uint64_t(shape_of(cluster, configuration)));
  Random own = random_of(cluster, Purpose::configuration, c);
  Random of_fold = random_of(cluster, Purpose::fold, f);
  Random noise = random_of(cluster, Purpose::epoch, c * 100 + f, seed, std::uint64_t(epoch));
  const double mean = cluster.trial_seconds / cluster.epochs;
  return log_normal(shape, mean, kShapeSpread) * log_normal(own, 1, kConfigurationSpread) *
         log_normal(of_fold, 1, kFoldSpread) * log_normal(noise, 1, kEpochSpread);
}

double trial_cost(const Cluster& cluster, int configuration, int fold, std::uint64_t seed) {
  double cost = 0;
  for (int epoch = 1; epoch <= cluster.epochs; ++epoch) cost += epoch_cost(cluster, configuration, fold, seed, epoch);
  return cost;
}

double slowness_of(const Cluster& cluster, int rank) {
  const int node = (rank - 1) / cluster.workers_per_node;
  const int slow = int(std::lround(cluster.slow_nodes * cluster.nodes()));
  if (node >= slow) return 1;
  Random random = random_of(cluster, Purpose::node, std::uint64_t(node));
  return 1.5 + 1.5 * uniform(random);
}

Time message_way(Random& random) {
  return from_seconds(log_normal(random, 100e-6, 0.7));
}

Time trainer_start(Random& random) {
  return from_seconds(log_normal(random, 1.0, 0.3));
}

Time job_start(Random& random) {
  return from_seconds(log_normal(random, 10, 0.3));
}

// bench_store: 2416 commits and 42,357 epoch rows a second. One in 100 waits for the disk of somebody else.
Time commit_time(Random& random, int rows) {
  const double stall = random.chance(0.01) ? log_normal(random, 50e-3, 0.7) : 0;
  return from_seconds(log_normal(random, 0.41e-3, 0.3) + rows / 42'357.0 + stall);
}

Time loss_noticed(Random& random) {
  return from_seconds(1 + 2 * uniform(random));
}

}  // namespace mer::scale
