// Allocation: the nodes that Slurm gave to this job, and how many of a run's workers each of them gets.
//
// Threads: pure functions; allocated_nodes() (allocated_nodes.hpp) asks Slurm. Errors: invalid, when what Slurm says
// does not fit together.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace mer::cli {

using Environment = std::map<std::string, std::string>;

struct Node {
  std::string host;
  int room = 1;  // workers that it is meant for: its CPUs, or what its GPUs feed
};

// True in a job of several nodes.
bool spans_nodes(const Environment& environment);

// Error invalid, with what to do: a heterogeneous job, whose other components' nodes would be idle.
Status check_components(const Environment& environment);

// The job's nodes with their CPUs (SLURM_JOB_CPUS_PER_NODE, "4(x2),2"), in Slurm's order: the first is where the batch
// script runs. `hosts` is what `scontrol show hostnames` prints of SLURM_JOB_NODELIST.
Result<std::vector<Node>> nodes_from(const Environment& environment, std::string_view hosts);

// CPUs that Slurm gave to this job on its first node, where its batch script runs; nullopt: no job of Slurm's.
std::optional<int> cpus_here(const Environment& environment);

// All workers that the nodes are meant for, in whole gangs; gangs stay within a node unless none has room for one.
int usual_workers(const std::vector<Node>& nodes, int gang);

struct HostWorkers {
  std::string host;
  int workers = 0;
};

// `workers` of them in whole gangs over the nodes, by room: none on a node that it makes fuller than it would make
// another one. Hosts without workers are in the list too. REQUIRES: nodes is not empty, gang > 0.
std::vector<HostWorkers> place_workers(const std::vector<Node>& nodes, int workers, int gang);

}  // namespace mer::cli
