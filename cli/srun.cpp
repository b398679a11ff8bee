#include "cli/srun.hpp"

#include <initializer_list>

namespace mer::cli {
namespace {

// sh -c THIS WORKER COORDINATOR ARGUMENTS..: one step starts one program, which becomes the rank's own.
constexpr const char* kBecomeRank = R"([ "$SLURM_PROCID" -eq 0 ] || exec "$0"; exec "$@")";

// "n1,n1,n2": a name for each rank, in their order.
std::string layout(const LaunchOptions& options) {
  std::string hosts = options.hosts.front().host;
  for (const HostWorkers& there : options.hosts) {
    for (int i = 0; i < there.workers; ++i) hosts += "," + there.host;
  }
  return hosts;
}

int ranks(const LaunchOptions& options) {
  int count = 1;
  for (const HostWorkers& there : options.hosts) count += there.workers;
  return options.hosts.empty() ? 1 + options.workers : count;
}

int nodes(const LaunchOptions& options) {
  int count = 1;
  for (std::size_t i = 1; i < options.hosts.size(); ++i) count += options.hosts[i].workers > 0 ? 1 : 0;
  return count;
}

}  // namespace

std::vector<std::string> srun_arguments(const LaunchOptions& options) {
  std::vector<std::string> arguments = {"srun", "--mpi=pmix"};
  const auto add = [&](std::initializer_list<std::string> words) {
    arguments.insert(arguments.end(), words.begin(), words.end());
  };
  // Of what a launch before this one left behind nothing holds CPUs; binding is the agents' business.
  add({"--overlap", "--overcommit", "--cpu-bind=none", "--kill-on-bad-exit=1", "--quit-on-interrupt", "--input=none",
       "--export=ALL", "--nodes=" + std::to_string(nodes(options)), "--ntasks=" + std::to_string(ranks(options))});
  if (!options.hosts.empty()) add({"--distribution=arbitrary", "--nodelist=" + layout(options)});
  add({"sh", "-c", kBecomeRank, (options.programs / "mer-worker").string()});
  const std::vector<std::string> first = first_rank(options);
  arguments.insert(arguments.end(), first.begin(), first.end());
  return arguments;
}

// As mpirun's --mca.
std::vector<std::string> srun_variables(const LaunchOptions& options) {
  std::vector<std::string> variables = {"OMPI_MCA_btl=self,tcp"};
  if (options.hosts.empty()) variables.emplace_back("OMPI_MCA_btl_tcp_if_include=lo");
  return variables;
}

}  // namespace mer::cli
