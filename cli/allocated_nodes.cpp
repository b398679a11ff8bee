#include "cli/allocated_nodes.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <unistd.h>

#include "cli/shell.hpp"
#include "cli/sweep_run.hpp"

namespace mer::cli {
namespace {

Environment slurm_environment() {
  Environment variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::size_t equals = text.find('=');
    if (text.starts_with("SLURM_") && equals != std::string::npos) {
      variables[text.substr(0, equals)] = text.substr(equals + 1);
    }
  }
  return variables;
}

}  // namespace

Result<std::vector<Node>> allocated_nodes() {
  const Environment environment = slurm_environment();
  MER_TRY(check_components(environment));
  if (!spans_nodes(environment)) return std::vector<Node>{};
  const ProgramOutput hosts = run_program({"scontrol", "show", "hostnames"});
  if (hosts.status != 0) {
    return Error{ErrorCode::unavailable, "this is a Slurm job of several nodes, but `scontrol show hostnames` fails: " +
                                             hosts.text + "; is Slurm's bin folder in PATH?"};
  }
  return nodes_from(environment, hosts.text);
}

int allocated_cores() {
  const std::optional<int> given = cpus_here(slurm_environment());
  return given ? std::min(*given, usable_cores()) : usable_cores();
}

}  // namespace mer::cli
