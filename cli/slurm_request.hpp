// What a job asks Slurm for: options of `merctl submit --slurm`, the site's file, and the #SBATCH lines made of them.
//
// Threads: pure functions. Errors: invalid, with the option or the place in the site's file, what is allowed, and an
// example.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace mer::cli {

// A resource by the name of sbatch's option: "nodes", "gpus-per-node", "time", ...
struct JobOption {
  enum class Kind { count, time, memory, word };
  const char* name;
  Kind kind;
  const char* value_name;  // as the help shows it: "N"
  const char* help;
  const char* fallback;  // nullptr: Slurm's own default
};
const std::vector<JobOption>& job_options();

using JobRequest = std::map<std::string, std::string>;  // option -> value

// One value as its option wants it.
Status check_job_option(const std::string& name, const std::string& value);

// slurm/site.json: what every job of a cluster needs.
struct Site {
  JobRequest options;               // for what a job does not ask for itself
  std::vector<std::string> sbatch;  // other options, as sbatch takes them
  std::vector<std::string> setup;   // lines of shell before mer starts
  std::string programs;             // folder of merctl on the nodes; empty: as here
  std::string launcher = "auto";    // what starts ranks: as MER_LAUNCHER
  int signal_seconds = 120;         // before its time limit a job saves and ends
};
// `name` stands for the file in messages.
Result<Site> site_from(std::string_view json, const std::string& name);

// The request with what the site and mer's defaults add to it.
JobRequest completed(const JobRequest& request, const Site& site);

// The site with these hosts, by the names that Slurm gives them, excluded as well.
Site without_nodes(Site site, const std::vector<std::string>& hosts);

// "#SBATCH ..." lines.
std::string sbatch_lines(const JobRequest& completed, const Site& site);

// Of a time as Slurm writes it: minutes, MM:SS, HH:MM:SS, D-HH, D-HH:MM, D-HH:MM:SS.
Result<long> slurm_seconds(const std::string& text);

}  // namespace mer::cli
