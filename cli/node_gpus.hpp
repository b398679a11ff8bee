// GPUs of a job's nodes, which may differ: room for workers by what each node has.
//
// Threads: pure functions; gpus_by_node() asks Slurm. Errors: invalid: a node of the job has no GPU.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cli/allocation.hpp"
#include "core/result.hpp"

namespace mer::cli {

// A line of `scontrol show job --details`: "Nodes=n[1-2] CPU_IDs=0-3 Mem=0 GRES=gpu:a100:2(IDX:0-1)".
struct NodesGpus {
  std::string nodes;  // a list of hosts as Slurm writes it
  int gpus = 0;       // of each
  bool operator==(const NodesGpus&) const = default;
};
// Empty where Slurm counts no GPUs for this job at all.
std::vector<NodesGpus> gpus_in(std::string_view job);

// By host, of this process's job; empty: Slurm says nothing of GPUs, or does not answer.
std::map<std::string, int> gpus_by_node();

// Room on each node for as many workers a GPU as on the first one, which has `workers_on_first`. Without a word of GPUs
// (`gpus` is empty) every node has as many as the first.
Status make_room_for_gpus(std::vector<Node>& nodes, const std::map<std::string, int>& gpus, int workers_on_first);

}  // namespace mer::cli
