#include "cli/launcher.hpp"

#include <cstdio>
#include <cstdlib>
#include <unistd.h>
#include <vector>

#include "cli/shell.hpp"
#include "core/quoting.hpp"

namespace mer::cli {
namespace {

constexpr const char* kVariable = "MER_LAUNCHER";
constexpr const char* kPatience = "40";  // seconds; daemons start in less than one

// Why mpirun starts nothing here; empty: it does.
std::string problem_of_mpirun(bool several) {
  std::vector<std::string> words = {"timeout", kPatience, "mpirun"};
  if (::geteuid() == 0) words.emplace_back("--allow-run-as-root");
  if (several) {
    words.insert(words.end(), {"--oversubscribe", "--bind-to", "none", "--map-by", "ppr:1:node", "true"});
  } else {
    words.emplace_back("--version");
  }
  if (several) ::setenv("SLURM_OVERLAP", "1", 0);
  const ProgramOutput tried = run_program(words);
  if (tried.status == 0) return "";
  if (tried.status == 124) return "it has started nothing on the nodes in " + std::string(kPatience) + " s";
  const std::string line = tried.text.substr(0, tried.text.find('\n'));
  return "status " + std::to_string(tried.status) + (line.empty() ? "" : ": " + line);
}

}  // namespace

const char* name_of(Launcher launcher) {
  return launcher == Launcher::srun ? "srun" : "mpirun";
}

Result<std::optional<Launcher>> launcher_from(const std::string& text) {
  if (text.empty() || text == "auto") return std::optional<Launcher>();
  if (text == "mpirun") return std::optional(Launcher::mpirun);
  if (text == "srun") return std::optional(Launcher::srun);
  return invalid("a launcher is \"mpirun\", \"srun\" or \"auto\", not " + quote(text));
}

Result<Launcher> choose_launcher(bool several) {
  const char* const variable = std::getenv(kVariable);
  const auto asked = launcher_from(variable == nullptr ? "" : variable);
  if (!asked) return invalid(std::string(kVariable) + ": " + asked.error().message);
  const bool in_slurm = std::getenv("SLURM_JOB_ID") != nullptr;
  if (*asked == Launcher::srun && !in_slurm) {
    return invalid(std::string(kVariable) + " is srun, but this is no job of Slurm's: unset it, or call sbatch");
  }
  if (*asked) return **asked;
  if (!in_slurm) return Launcher::mpirun;
  const std::string problem = problem_of_mpirun(several);
  if (problem.empty() || run_program({"srun", "--version"}).status != 0) return Launcher::mpirun;
  std::fprintf(stderr, "starting ranks by srun: mpirun cannot (%s)\n", problem.c_str());
  return Launcher::srun;
}

}  // namespace mer::cli
