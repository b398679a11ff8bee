// The batch script of a job: slurm/job.sbatch.in with the job's own values in it.
//
// Threads: pure functions. Errors: none; the template is a part of merctl, and a test fills it.
#pragma once

#include <string>
#include <string_view>

namespace mer::cli {

// slurm/job.sbatch.in as it was when merctl was built.
std::string_view job_template();
// slurm/doctor.sbatch.in, likewise: the job of `merctl doctor --slurm`.
std::string_view doctor_template();
// slurm/site.json, likewise.
std::string_view default_site();

struct JobScript {
  std::string options;    // #SBATCH lines
  std::string setup;      // lines of shell
  std::string programs;   // folder of merctl
  std::string launcher;   // as MER_LAUNCHER
  std::string store;      // folder
  std::string sweep;      // its number or name; empty: every active one
  long seconds = 0;       // the job's time limit
  std::string idle = {};  // workers that joined a run leave after so long without a trial; empty: they stay
};
std::string fill(std::string_view text, const JobScript& job);

// 'it'\''s': one word of a shell, whatever it holds.
std::string shell_word(std::string_view text);

}  // namespace mer::cli
