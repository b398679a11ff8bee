// Costs: what training costs in a simulated cluster, and how long everything around it takes; drawn from what
// bench/RESULTS.md measured, by coordinates alone: the same trial costs the same in every attempt and every run.
//
// Threads: plain values.
#pragma once

#include <cstdint>

#include "tests/simulation/event_queue.hpp"
#include "tests/simulation/random.hpp"

namespace mer::scale {

using simulation::Random;
using simulation::Time;

constexpr int kFolds = 12, kSeeds = 3, kShapes = 16;

struct Cluster {
  std::uint64_t seed = 1;
  int workers = 512;
  int workers_per_node = 8;
  int trials = 50'000;
  int epochs = 40;
  double slow_nodes = 0;      // share of the nodes that take 1.5 to 3 times as long
  double node_mtbf_h = 0;     // hours between two losses of one node; 0: none is lost
  double trial_seconds = 60;  // median

  int configurations() const { return (trials + kFolds * kSeeds - 1) / (kFolds * kSeeds); }
  int nodes() const { return (workers + workers_per_node - 1) / workers_per_node; }
};

int shape_of(const Cluster& cluster, int configuration);
// Seconds on a core of ordinary speed.
double epoch_cost(const Cluster& cluster, int configuration, int fold, std::uint64_t seed, int epoch);
double trial_cost(const Cluster& cluster, int configuration, int fold, std::uint64_t seed);
// Of a worker's trainer: 1, or above.
double slowness_of(const Cluster& cluster, int rank);

// exp of a normal number.
double log_normal(Random& random, double median, double sigma);

Time from_seconds(double seconds);
double to_seconds(Time time);

Time message_way(Random& random);
Time trainer_start(Random& random);          // its libraries, and the corpus
Time job_start(Random& random);              // mpirun on many nodes, and a coordinator that reads its store
Time commit_time(Random& random, int rows);  // WAL, synchronous=FULL
Time loss_noticed(Random& random);           // mpirun ends after a node is gone

}  // namespace mer::scale
