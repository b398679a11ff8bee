// doctor: what this machine has and lacks, each finding with a remedy.
//
// Threads: one; runs short child processes. Errors: a finding, never a failure of doctor itself.
#pragma once

#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/gpus.hpp"
#include "core/result.hpp"

namespace mer::cli {

struct Finding {
  enum class Level { ok, note, problem };
  Level level = Level::ok;
  std::string subject;  // "mpirun", "mer-trainer", ...
  std::string text;     // what was found
  std::string remedy;   // empty when ok
};

// What is said of these GPUs before the trainer has tried one.
std::vector<Finding> examine_gpus(const GpuSituation& situation);

// `programs`: the folder of mer's own binaries.
std::vector<Finding> examine(const Context& context, const std::string& programs);

// What a job of Slurm, submitted with these options, finds on its nodes; waits until it has run.
Result<std::vector<Finding>> examine_slurm(const Context& context, const SlurmOptions& options);
// What the job has printed.
std::vector<Finding> slurm_findings(const std::string& printed);

}  // namespace mer::cli
