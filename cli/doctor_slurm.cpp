// doctor --slurm: a small job that tries what mer needs of the nodes.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <map>
#include <sstream>
#include <thread>
#include <utility>

#include "cli/doctor.hpp"
#include "cli/job_script.hpp"
#include "cli/shell.hpp"
#include "cli/slurm.hpp"
#include "cli/slurm_jobs.hpp"
#include "cli/slurm_plan.hpp"
#include "data/file_io.hpp"
#include "storage/store_dir.hpp"

namespace mer::cli {
namespace {

using Level = Finding::Level;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::minutes kPatience{10};
constexpr std::chrono::seconds kPause{1};
constexpr std::size_t kLongestOutput = 1 << 20;
constexpr const char* kTimeLimit = "5";  // minutes

struct Check {
  const char* name;     // in the job's output
  const char* subject;  // as it is shown
  const char* good;     // what it means that it is ok; empty: the job's own words
  const char* remedy;
};
constexpr Check kChecks[] = {
    {"merctl", "programs", "", "build mer on a file system that the nodes share, with the libraries that they have"},
    {"store", "store", "", "choose a folder with --store that the nodes can write"},
    {"shared", "all nodes", "see the store and the programs", "both must be on a file system that all nodes share"},
    {"mpirun", "mpirun", "starts ranks on every node", ""},
    {"srun", "srun --mpi=pmix", "starts ranks on every node", ""}};

// What the job has printed so far; empty: nothing yet.
std::string printed_by(const std::filesystem::path& output) {
  Result<std::string> text = data::read_file(output.string(), kLongestOutput);
  return text ? std::move(text).value() : std::string();
}

bool has_ended(const std::string& printed) {
  return printed.find("\nmer-doctor end ") != std::string::npos;
}

// Until it has run, is gone, or the patience is over: then it is withdrawn.
Status wait_for(const std::string& id, const std::filesystem::path& output) {
  std::string said;
  for (const auto give_up = Clock::now() + kPatience; Clock::now() < give_up; std::this_thread::sleep_for(kPause)) {
    if (has_ended(printed_by(output))) return {};
    MER_ASSIGN(const auto queue, queued_jobs({id}));
    if (queue.empty()) return {};
    const std::string standing =
        queue.front().state + (queue.front().reason.empty() ? "" : ": " + queue.front().reason);
    if (standing != said) std::fprintf(stderr, "job %s: %s\n", id.c_str(), standing.c_str());
    said = standing;
  }
  run_program({"scancel", id});
  return Error{ErrorCode::timeout, "job " + id + " did not end in 10 minutes (" + said + ") and was withdrawn"};
}

bool is_good(const std::map<std::string, std::string>& said, const char* check) {
  const auto text = said.find(check);
  return text != said.end() && text->second.starts_with("ok");
}

// What starts the ranks of a run: one of two will do.
Finding launcher_finding(const std::map<std::string, std::string>& said) {
  if (is_good(said, "mpirun")) return {Level::ok, "launcher", "mpirun", ""};
  if (is_good(said, "srun")) {
    return {Level::ok, "launcher", R"(srun: add "launcher": "srun" to slurm/site.json, which saves a try of mpirun)",
            ""};
  }
  return {Level::problem, "launcher", "neither mpirun nor srun --mpi=pmix starts ranks on every node",
          "mend what they say above: load an Open MPI 4.1 that knows Slurm in \"setup\" of slurm/site.json, or ask for "
          "Slurm's PMIx plugin (srun --mpi=list shows it)"};
}

}  // namespace

std::vector<Finding> slurm_findings(const std::string& printed) {
  std::map<std::string, std::string> said;  // check -> its text
  std::istringstream lines(printed);
  for (std::string mark, name, text; lines >> mark;) {
    if (mark == "mer-doctor" && lines >> name && std::getline(lines >> std::ws, text)) {
      said[name] = text;
    } else {
      std::getline(lines, text);
    }
  }
  std::vector<Finding> findings;
  if (said.contains("nodes"))
    findings.push_back({Level::ok, "job", "ran on " + said["nodes"] + "; GPUs: " + said["gpus"], ""});
  for (const Check& check : kChecks) {
    const std::string text = said.contains(check.name) ? said[check.name] : "failed the job ended before it was tried";
    const bool good = text.starts_with("ok");
    const std::size_t space = text.find(' ');
    const std::string words = space == std::string::npos ? "" : text.substr(space + 1);
    const bool wanted = check.remedy[0] != '\0';
    findings.push_back({good     ? Level::ok
                        : wanted ? Level::problem
                                 : Level::note,
                        check.subject, good && check.good[0] != '\0' ? check.good : words, good ? "" : check.remedy});
  }
  findings.push_back(launcher_finding(said));
  return findings;
}

Result<std::vector<Finding>> examine_slurm(const Context& context, const SlurmOptions& options) {
  SlurmOptions asked = options;
  asked.request["time"] = kTimeLimit;
  MER_ASSIGN(const SlurmPlan plan, slurm_plan(context, asked));
  MER_TRY(storage::StoreDir::create(context.store));
  MER_ASSIGN(const auto script, write_script(plan.script.store, "doctor", fill(doctor_template(), plan.script)));
  const std::filesystem::path folder = jobs_folder(plan.script.store);
  MER_ASSIGN(const std::string id,
             sbatch({"--job-name=mer-doctor", "--output=" + (folder / "doctor-%j.out").string(), script.string()}));
  const std::filesystem::path output = folder / ("doctor-" + id + ".out");
  MER_TRY(wait_for(id, output));
  std::vector<Finding> findings = slurm_findings(printed_by(output));
  std::fprintf(stderr, "what job %s printed: %s\n", id.c_str(), output.c_str());
  return findings;
}

}  // namespace mer::cli
