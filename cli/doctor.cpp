#include "cli/doctor.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <sched.h>
#include <unistd.h>
#include <utility>

#include "cli/commands.hpp"
#include "cli/gpus.hpp"
#include "cli/mpirun.hpp"
#include "cli/output.hpp"
#include "cli/shell.hpp"
#include "cli/store_access.hpp"
#include "core/json.hpp"
#include "storage/sqlite_store.hpp"
#include "storage/store_dir.hpp"

namespace mer::cli {
namespace {

using Level = Finding::Level;

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

Finding examine_program(const std::string& programs, const std::string& name) {
  const std::filesystem::path path = std::filesystem::path(programs) / name;
  const ProgramOutput output = run_program({path.string(), "--version"});
  if (output.status == 0) return {Level::ok, name, first_line(output.text), ""};
  const bool absent = !std::filesystem::exists(path);
  return {Level::problem, name,
          absent ? "not beside merctl in " + programs : "does not start: " + first_line(output.text),
          absent ? "build it: tools/quickstart.sh" : "libraries are missing: run tools/setup.sh, then build again"};
}

Finding examine_mpi() {
  const ProgramOutput version = run_program({"mpirun", "--version"});
  if (version.status != 0) {
    return {Level::problem, "mpirun", "not found", kMpirunRemedy};
  }
  std::vector<std::string> words = {"mpirun"};
  if (::geteuid() == 0) words.emplace_back("--allow-run-as-root");
  for (const char* word : {"--bind-to", "none", "--oversubscribe", "-n", "2", "true"}) words.emplace_back(word);
  const ProgramOutput trial = run_program(words);
  if (trial.status == 0) return {Level::ok, "mpirun", first_line(version.text) + "; starts 2 ranks", ""};
  return {Level::problem, "mpirun", "cannot start 2 ranks: " + first_line(trial.text),
          "run `mpirun -n 2 true` by hand and mend what it reports"};
}

std::string text_of(const Gpu& gpu) {
  char text[64];
  std::snprintf(text, sizeof text, ", %.0f GiB, compute capability %d.%d", double(gpu.memory) / double(1 << 30),
                gpu.major, gpu.minor);
  return gpu.name + text;
}

// The trainer opens the GPU as for a job: driver, CUDA, cuBLAS and the code for this GPU fit together, or it says what
// does not.
Finding try_gpu(const std::string& programs) {
  const ProgramOutput opened = run_program({(std::filesystem::path(programs) / "mer-trainer").string(), "--gpu"});
  if (opened.status == 0) return {Level::ok, "GPU", "trials train on " + first_line(opened.text), ""};
  return {Level::problem, "GPU", "cannot be used: " + first_line(opened.text),
          "mend what it names (docs/gpu.md), or set resources.device to cpu"};
}

Finding examine_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  const int cores = ::sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
  const double gibibytes = double(::sysconf(_SC_PHYS_PAGES)) * double(::sysconf(_SC_PAGESIZE)) / double(1 << 30);
  char text[64];
  std::snprintf(text, sizeof text, "%d usable, %.0f GiB of memory", cores, gibibytes);
  return {Level::ok, "cores", text, ""};
}

// The folder that will hold the store, or the nearest one above it that exists.
std::filesystem::path existing_part(std::filesystem::path path) {
  path = std::filesystem::absolute(path);
  while (!std::filesystem::exists(path) && path.has_relative_path()) path = path.parent_path();
  return path;
}

Finding examine_store(const Context& context) {
  const std::filesystem::path place = existing_part(context.store);
  const auto kind = storage::file_system_of(place);
  if (!kind) return {Level::problem, "store", kind.error().message, "choose another folder with --store"};
  if (::access(place.c_str(), W_OK) != 0) {
    return {Level::problem, "store", place.string() + " is not writable", "choose another folder with --store"};
  }
  const std::string text = context.store.string() + " on " + kind->name;
  if (!kind->network) return {Level::ok, "store", text + ", a local file system", ""};
  return {Level::note, "store", text + ", a network file system: slower, and read only while no coordinator runs",
          "put the store on a local disk with --store where you can"};
}

Finding examine_sqlite() {
  // Debian 12's 3.40 can corrupt a WAL database that two processes write (fixed in 3.51.3): mer has one writer.
  return {Level::ok, "SQLite", storage::sqlite_version() + "; one writing process, so its WAL-reset bug cannot strike",
          ""};
}

}  // namespace

std::vector<Finding> examine_gpus(const GpuSituation& situation) {
  std::vector<Finding> findings;
  for (std::size_t i = 0; i < situation.survey.gpus.size(); ++i) {
    const Gpu& gpu = situation.survey.gpus[i];
    findings.push_back({Level::ok, "GPU " + std::to_string(i), text_of(gpu), ""});
    if (!gpu.split || situation.visible) continue;
    findings.back().level = Level::note;
    findings.back().text += "; split into MIG instances, of which CUDA shows one";
    findings.back().remedy = "name those of `nvidia-smi -L` in CUDA_VISIBLE_DEVICES: workers go round them";
  }
  const std::string problem = gpu_problem(situation);
  if (problem.empty()) return findings;
  const bool allocated = !gpus_of_slurm().empty();
  findings.push_back({allocated ? Level::problem : Level::note, "GPU",
                      problem + (allocated ? ", but Slurm gave this job one" : "; trials train on the CPU"),
                      allocated ? "docs/gpu.md says what a GPU needs; or set resources.device to cpu" : ""});
  return findings;
}

std::vector<Finding> examine(const Context& context, const std::string& programs) {
  std::vector<Finding> findings;
  for (const char* name : {"mer-coordinator", "mer-gateway", "mer-worker", "mer-trainer"}) {
    findings.push_back(examine_program(programs, name));
  }
  findings.push_back(examine_mpi());
  findings.push_back(examine_cores());
  const GpuSituation gpus = look_around(programs);
  for (Finding& finding : examine_gpus(gpus)) findings.push_back(std::move(finding));
  if (gpu_problem(gpus).empty()) findings.push_back(try_gpu(programs));
  findings.push_back(examine_sqlite());
  findings.push_back(examine_store(context));
  return findings;
}

ExitCode doctor_command(const Context& context, const std::optional<SlurmOptions>& slurm) {
  if (!plain_format(context, "doctor")) return ExitCode::usage;
  const Result<std::vector<Finding>> found =
      slurm ? examine_slurm(context, *slurm) : examine(context, program_folder().string());
  if (!found) return report(context, found.error());
  const std::vector<Finding>& findings = *found;
  const auto name_of_level = [](Level level) {
    return level == Level::ok ? "ok" : level == Level::note ? "note" : "problem";
  };
  nlohmann::json rows = nlohmann::json::array();
  for (const Finding& finding : findings) {
    rows.push_back({{"level", name_of_level(finding.level)},
                    {"subject", finding.subject},
                    {"text", finding.text},
                    {"remedy", finding.remedy}});
    if (context.format != Format::table) continue;
    std::printf("%-8s %-16s %s\n", name_of_level(finding.level), finding.subject.c_str(), finding.text.c_str());
    if (!finding.remedy.empty()) std::printf("%-8s %-16s -> %s\n", "", "", finding.remedy.c_str());
  }
  const bool sound = std::none_of(findings.begin(), findings.end(),
                                  [](const Finding& finding) { return finding.level == Level::problem; });
  const ExitCode code = sound ? ExitCode::done : ExitCode::usage;
  if (context.format != Format::json) return code;
  const nlohmann::json document = {{"schema", 1}, {"findings", rows}};
  return end_with_document(context, document, code);
}

}  // namespace mer::cli
