// Slurm's commands, as far as mer needs them.
//
// Threads: one; each call runs a command of Slurm's and waits for it, for seconds at most, and tries again where the
// controller did not answer. Errors: unavailable: there is no Slurm here, or it does not answer; invalid: it refused,
// with its words.
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"

namespace mer::cli {

// Words of sbatch, its own excluded, and the script last. The job's id.
Result<std::string> sbatch(const std::vector<std::string>& words);

struct QueuedJob {
  std::string id;
  std::string state;   // "PENDING", "RUNNING", ...
  std::string reason;  // why it waits
  std::string nodes;   // "n[1-3]"; empty while it waits
  std::string left;    // of its time limit, as Slurm writes it
  std::string start;   // when it will start, as Slurm expects; empty: unknown
};
// Those of these jobs that the queue knows.
Result<std::vector<QueuedJob>> queued_jobs(const std::vector<std::string>& ids);

// The lines that queued_jobs() asks squeue for.
std::vector<QueuedJob> queued_jobs_from(const std::string& lines);

}  // namespace mer::cli
