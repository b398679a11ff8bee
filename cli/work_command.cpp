// work: trains what a sweep of the store has left; how a job of Slurm runs one.
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/store_access.hpp"
#include "cli/work.hpp"
#include "core/sweep_file.hpp"

namespace mer::cli {
namespace {

constexpr double kLockPatienceSeconds = 15;  // ranks outlive a killed mpirun by about 2 s

struct Chosen {
  SweepId id;
  ResourceSettings resources;
};

Result<Chosen> choose(const Context& context, const std::string& name) {
  MER_ASSIGN(const OpenStore store, open_store(context, kLockPatienceSeconds));
  MER_ASSIGN(const SweepId id, store.reader->find_sweep(name));
  MER_ASSIGN(const storage::SweepDetail detail, store.reader->sweep(id));
  MER_ASSIGN(const Sweep sweep, sweep_frame_from_resolved(detail.resolved_json));
  return Chosen{id, sweep.resources};
}

}  // namespace

ExitCode work_command(const Context& context, const WorkOptions& options) {
  if (!plain_format(context, "work")) return ExitCode::usage;
  const Result<Chosen> chosen = choose(context, options.sweep);
  if (!chosen) return report(context, chosen.error());
  const Result<Workplace> workplace = workplace_of(chosen->resources, options.workers);
  if (!workplace) return report(context, workplace.error());
  return work_on(context, chosen->id, chosen->resources, *workplace, options.web);
}

}  // namespace mer::cli
