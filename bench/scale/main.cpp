// bench_scale: how mer does on a cluster that is not here: one simulated run, its figures as a line of JSON
// (bench/scale.py runs many and draws them).
#include <CLI/CLI.hpp>
#include <cstdio>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include "bench/scale/run.hpp"
#include "core/json.hpp"

namespace {

using mer::scale::Cluster;
using mer::scale::Figures;
using mer::scale::Meter;
using mer::scale::Options;

nlohmann::ordered_json microseconds(const Meter& meter) {
  return {{"calls", meter.calls()},
          {"median_us", 1e6 * meter.quantile(0.5)},
          {"p99_us", 1e6 * meter.quantile(0.99)},
          {"longest_us", 1e6 * meter.quantile(1)},
          {"total_s", meter.total()}};
}

nlohmann::ordered_json json_of(const Options& options, const Figures& figures) {
  const Cluster& cluster = options.cluster;
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return {{"workers", cluster.workers},
          {"trials", cluster.trials},
          {"epochs", cluster.epochs},
          {"slow_nodes", cluster.slow_nodes},
          {"node_mtbf_h", cluster.node_mtbf_h},
          {"seed", cluster.seed},
          {"store", options.sqlite.empty() ? "memory" : "sqlite"},
          {"faithful", options.faithful},
          {"makespan_s", figures.makespan},
          {"ideal_s", figures.ideal},
          {"efficiency", figures.efficiency()},
          {"tail", figures.tail},
          {"redone", figures.redone},
          {"jobs", figures.jobs},
          {"rounds", figures.rounds},
          {"coordinator_cpu_s", figures.coordinator},
          {"coordinator_core_share", figures.coordinator / figures.makespan},
          {"coordinator_start_cpu_s", figures.restart},
          {"coordinator_start_mib", figures.taken_up_mib},
          {"scheduler_events", microseconds(figures.scheduler.events)},
          {"scheduler_decisions", microseconds(figures.scheduler.decisions)},
          {"simulator_peak_mib", double(usage.ru_maxrss) / 1024}};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"One sweep on a simulated cluster, in virtual time.", "bench_scale"};
  Options options;
  Cluster& cluster = options.cluster;
  app.add_option("--workers", cluster.workers)->capture_default_str();
  app.add_option("--workers-per-node", cluster.workers_per_node)->capture_default_str();
  app.add_option("--trials", cluster.trials)->capture_default_str();
  app.add_option("--epochs", cluster.epochs, "of each trial")->capture_default_str();
  app.add_option("--trial-seconds", cluster.trial_seconds, "median")->capture_default_str();
  app.add_option("--slow-nodes", cluster.slow_nodes, "share of the nodes that take 1.5 to 3 times as long");
  app.add_option("--node-mtbf-hours", cluster.node_mtbf_h, "between two losses of one node; 0: none is lost");
  app.add_option("--seed", cluster.seed)->capture_default_str();
  app.add_option("--sqlite", options.sqlite, "folder of a new store; without: in memory, without epochs");
  app.add_flag("--faithful", options.faithful, "with the coordinator's idle rounds, and messages as bytes");
  CLI11_PARSE(app, argc, argv);
  spdlog::set_level(spdlog::level::off);
  const Figures figures = mer::scale::Run(options).run();
  std::printf("%s\n", json_of(options, figures).dump().c_str());
  return 0;
}
