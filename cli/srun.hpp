// Srun: the launch of cli/mpirun.hpp as one step of a job of Slurm's, for clusters whose mpirun cannot start its
// daemons.
//
// Slurm starts every rank itself, and hands them what MPI needs by PMIx. srun forwards SIGUSR1 to every rank, and takes
// the step with it when SIGINT reaches it; a rank that is lost ends the step within seconds. Threads: pure functions.
#pragma once

#include <string>
#include <vector>

#include "cli/mpirun.hpp"

namespace mer::cli {

// The command line, argv[0] first: rank 0 is the coordinator (or gateway), on the first host.
std::vector<std::string> srun_arguments(const LaunchOptions& options);

// Variables that srun gets unless they are set ("NAME=value").
std::vector<std::string> srun_variables(const LaunchOptions& options);

}  // namespace mer::cli
