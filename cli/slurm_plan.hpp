// A job of Slurm before it is submitted: what was asked for, what the site adds, which nodes the store excludes, and
// the values of its batch script.
//
// Threads: one. Errors: invalid, as cli/slurm_request.hpp; of the site's file and the store's folder, the system's.
#pragma once

#include <filesystem>
#include <string>

#include "cli/commands.hpp"
#include "cli/job_script.hpp"
#include "cli/slurm_request.hpp"
#include "core/result.hpp"

namespace mer::cli {

struct SlurmPlan {
  JobRequest request;  // complete
  JobScript script;    // but for the sweep's number
};
Result<SlurmPlan> slurm_plan(const Context& context, const SlurmOptions& options);

// Into the store's jobs folder, which it makes; the file.
Result<std::filesystem::path> write_script(const std::filesystem::path& store, const std::string& name,
                                           const std::string& text);

}  // namespace mer::cli
