#include "cli/slurm_plan.hpp"

#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/slurm_jobs.hpp"
#include "cli/store_access.hpp"
#include "core/descriptor.hpp"
#include "data/file_io.hpp"
#include "storage/excluded_nodes.hpp"
#include "storage/store_dir.hpp"

namespace mer::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestSite = 1 << 20;

Result<Site> read_site(const std::string& asked) {
  std::string file = asked;
  const char* const variable = std::getenv("MER_SITE");
  if (file.empty() && variable != nullptr) file = variable;
  if (file.empty() && fs::exists("slurm/site.json")) file = "slurm/site.json";
  if (file.empty()) return site_from(default_site(), "slurm/site.json");
  MER_ASSIGN(const std::string text, data::read_file(file, kLongestSite));
  return site_from(text, file);
}

// A store that is not there yet has none.
std::vector<std::string> excluded_hosts(const fs::path& path) {
  std::vector<std::string> hosts;
  const auto store = storage::StoreDir::open(path);
  if (!store) return hosts;
  for (auto& node : storage::excluded_nodes(*store)) hosts.push_back(std::move(node.host));
  return hosts;
}

}  // namespace

Result<SlurmPlan> slurm_plan(const Context& context, const SlurmOptions& options) {
  for (const auto& [name, value] : options.request) {
    if (const Status good = check_job_option(name, value); !good) {
      return invalid("--" + name + ": " + good.error().message);
    }
  }
  MER_ASSIGN(Site site, read_site(options.site));
  site = without_nodes(std::move(site), excluded_hosts(context.store));
  SlurmPlan job{completed(options.request, site), {}};
  job.script.options = sbatch_lines(job.request, site);
  for (const std::string& line : site.setup) job.script.setup += "  " + line + "\n";
  job.script.programs = site.programs.empty() ? program_folder().string() : site.programs;
  job.script.launcher = site.launcher;
  job.script.store = fs::absolute(context.store).lexically_normal().string();
  job.script.idle = options.idle_timeout;
  MER_ASSIGN(job.script.seconds, slurm_seconds(job.request.at("time")));
  return job;
}

Result<fs::path> write_script(const fs::path& store, const std::string& name, const std::string& text) {
  std::error_code error;
  fs::create_directories(jobs_folder(store), error);
  if (error) return system_error(error.value(), jobs_folder(store).string() + ": cannot be made");
  const fs::path file = jobs_folder(store) / (name + ".sbatch");
  const std::string_view chunk = text;
  MER_TRY(data::write_file(file.string(), {&chunk, 1}));
  return file;
}

}  // namespace mer::cli
