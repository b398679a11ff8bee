// Mpirun: one launch of coordinator (or gateway) and workers, on this machine or over the nodes of a Slurm job, as a
// child process; or of a coordinator alone, without mpirun.
//
// The child has a process group of its own, so that a terminal's Ctrl-C reaches merctl alone: mpirun answers SIGINT by
// killing its ranks within 2 s, but forwards SIGUSR1 to them at once, which the coordinator takes as a request to
// pause. It gets SIGINT when merctl dies. SIGTERM, which batch systems send to every process of a job, it does not
// hear: the coordinator does, and has the time that it needs to save. srun (options.launcher) is treated alike.
// Threads: one thread owns it. Errors: unavailable, with a remedy, when mpirun cannot be started.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

#include "cli/allocation.hpp"
#include "cli/launcher.hpp"
#include "core/descriptor.hpp"
#include "core/ids.hpp"
#include "core/result.hpp"

namespace mer::cli {

// Of workers that join a run.
struct JoinLimits {
  std::chrono::seconds idle{0};      // they leave when they have held nothing for so long; 0: they stay
  std::chrono::seconds patience{0};  // they train on without a coordinator for so long
};

struct LaunchOptions {
  std::filesystem::path programs;  // folder of mer-coordinator, mer-gateway and mer-worker
  std::filesystem::path store;
  SweepId sweep;
  int workers = 1;                      // on this machine
  std::vector<HostWorkers> hosts = {};  // not empty: there instead; the coordinator is on the first
  bool web = true;
  bool as_root = false;
  Launcher launcher = Launcher::mpirun;
  bool join = false;          // rank 0 is a gateway to the coordinator that holds the store
  JoinLimits limits = {};     // of it
  bool alone = false;         // a coordinator without workers
  bool stay = false;          // it, when nothing is left to do
  bool this_machine = false;  // it takes workers of this machine only, unless the environment says otherwise
};

inline constexpr char kMpirunRemedy[] = "install openmpi-bin (apt-get), or load your cluster's Open MPI 4.1 module";

// What rank 0 is: the coordinator's command line, or the gateway's.
std::vector<std::string> first_rank(const LaunchOptions& options);

// The command line, argv[0] first. With srun as the launcher it is srun_arguments() (srun.hpp) that start() takes.
std::vector<std::string> mpirun_arguments(const LaunchOptions& options);
std::vector<std::string> coordinator_arguments(const LaunchOptions& options);  // alone

// Variables that mpirun gets unless they are set ("NAME=value"). Open MPI's own, as sites set them, stay in force.
std::vector<std::string> mpirun_variables(const LaunchOptions& options);

// What mpirun, or srun, gets of `inherited` (as environ), and those of `defaults` that it does not set. What a job of
// Slurm's asked for each of its tasks (--gpus-per-task) is replaced by all GPUs of a node, as many as the first one
// has: the agents share them out.
std::vector<std::string> launch_environment(const char* const* inherited, std::vector<std::string> defaults);

class Mpirun {
 public:
  // Returns once it runs. Error unavailable: the launcher is not on PATH, or cannot be executed.
  static Result<Mpirun> start(const LaunchOptions& options);
  Mpirun(Mpirun&& other) noexcept;
  Mpirun& operator=(Mpirun&&) = delete;
  ~Mpirun();  // kills what still runs

  pid_t pid() const { return child_; }

  // Waits up to `milliseconds` for standard output of the coordinator and returns what came; empty: nothing yet, or
  // nothing more (see ended()).
  std::string read_output(int milliseconds);

  // True once the child is gone and its output is read to the end.
  bool ended();

  void request_pause();  // SIGUSR1, which mpirun forwards to every rank
  void kill();           // SIGINT to mpirun, which takes its ranks with it

 private:
  Mpirun(pid_t child, Descriptor output) : child_(child), output_(std::move(output)) {}

  pid_t child_ = -1;
  Descriptor output_;  // none: read to the end
  bool reaped_ = false;
};

}  // namespace mer::cli
