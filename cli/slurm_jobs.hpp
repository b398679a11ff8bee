// The Slurm jobs of a store: jobs/<id>.json, one small file each, beside their script and what they print.
//
//   jobs/<chain>.sbatch   the script of a chain of jobs
//   jobs/<id>.json        a job of it
//   jobs/<id>.out         what the job prints
//
// Files, not rows of the database: jobs are noted while a coordinator holds the store, and read while it is down.
// Threads: one. Errors: io and its like; a file that is no job's is left out.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/slurm.hpp"
#include "core/ids.hpp"
#include "core/result.hpp"

namespace mer::cli {

struct SlurmJob {
  std::string id;
  std::string chain;  // "mer-1-3fa9c1d2": the name of all jobs of the chain
  SweepId sweep;
  double submitted_at = 0;  // Unix time
  bool over = false;        // the queue did not know it any more
};

std::filesystem::path jobs_folder(const std::filesystem::path& store);

Status note_job(const std::filesystem::path& store, const SlurmJob& job);

// `kind` and random digits: a name that no other chain has.
Result<std::string> new_chain(const std::string& kind);
// Submits the chain's next job and notes it; the id. after: the job whose end it waits for; empty: none.
Result<std::string> queue_job(const std::filesystem::path& store, const std::filesystem::path& script,
                              const std::string& chain, SweepId sweep, const std::string& after = {});

std::vector<SlurmJob> noted_jobs(const std::filesystem::path& store);  // by id

// Those that are not over, with what the queue says of them; notes which are over now, if it may write.
struct JobStanding {
  SlurmJob job;
  QueuedJob queued;
};
Result<std::vector<JobStanding>> standing_jobs(const std::filesystem::path& store);

// As a table for `merctl status`; empty: there are none. Slurm that does not answer is a line of it.
std::string jobs_text(const std::filesystem::path& store);

}  // namespace mer::cli
