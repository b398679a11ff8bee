// work: trains what a sweep of the store has left; how a job of Slurm runs one.
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>

#include "cli/commands.hpp"
#include "cli/duration.hpp"
#include "cli/join.hpp"
#include "cli/output.hpp"
#include "cli/store_access.hpp"
#include "cli/sweep_run.hpp"
#include "cli/work.hpp"
#include "core/sweep_file.hpp"

namespace mer::cli {
namespace {

constexpr int kRounds = 4;  // of runs that were lost
struct Chosen {
  SweepId id;
  ResourceSettings resources;
};

// Of the active sweeps with trials left the one that goes first: of the highest priority the oldest.
Result<std::optional<SweepId>> first_active(storage::ResultReader& reader) {
  std::optional<storage::SweepSummary> first;
  MER_ASSIGN(const auto sweeps, reader.sweeps());  // newest first
  for (const storage::SweepSummary& sweep : sweeps) {
    if (sweep.activity != storage::SweepActivity::active || sweep.counts.left() == 0) continue;
    if (!first || sweep.priority >= first->priority) first = sweep;
  }
  return first ? std::optional(first->id) : std::nullopt;
}

// Without a name, first_active(). nullopt: there is none.
Result<std::optional<Chosen>> choose(const Context& context, const std::string& name) {
  MER_ASSIGN(const OpenStore store, open_store(context));
  std::optional<SweepId> id;
  if (name.empty()) {
    MER_ASSIGN(id, first_active(*store.reader));
  } else {
    MER_ASSIGN(id, store.reader->find_sweep(name));
  }
  if (!id) return std::optional<Chosen>();
  MER_ASSIGN(const storage::SweepDetail detail, store.reader->sweep(*id));
  MER_ASSIGN(const Sweep sweep, sweep_frame_from_resolved(detail.resolved_json));
  return std::optional(Chosen{*id, sweep.resources});
}

// Joins the run, and shows the sweep when that has ended.
ExitCode work_in(const Context& context, const WorkOptions& options, std::chrono::seconds idle_timeout,
                 const storage::Endpoint& run) {
  const ExitCode joined = join_run(context, {options.workers, idle_timeout}, run);
  if (joined != ExitCode::done) return joined;
  const Result<std::optional<Chosen>> chosen = choose(context, options.sweep);
  if (!chosen) return report(context, chosen.error());
  return *chosen ? show_after_join(context, (*chosen)->id, (*chosen)->resources.gpus_per_trial) : ExitCode::done;
}

ExitCode work_alone(const Context& context, const WorkOptions& options) {
  const Result<std::optional<Chosen>> chosen = choose(context, options.sweep);
  if (!chosen) return report(context, chosen.error());
  if (!*chosen) {
    std::fputs("no trial of an active sweep waits\n", stderr);
    return ExitCode::done;
  }
  const auto& [sweep, resources] = **chosen;
  const Result<Workplace> workplace = workplace_of(resources, options.workers);
  if (!workplace) return report(context, workplace.error());
  return work_on(context, sweep, resources, *workplace, options.web);
}

}  // namespace

// A job that has joined a run outlives it: it goes on alone, or joins the job that does.
ExitCode work_command(const Context& context, const WorkOptions& options) {
  if (!plain_format(context, "work")) return ExitCode::usage;
  const auto idle_timeout = duration_from(options.idle_timeout.empty() ? "0" : options.idle_timeout);
  if (!idle_timeout) return report(context, invalid("--idle-timeout: " + idle_timeout.error().message));
  ExitCode code = ExitCode::unreachable;
  bool has_joined = false;
  for (int round = 0; round < kRounds; ++round) {
    const Result<std::optional<storage::Endpoint>> run = run_to_join(context);
    if (!run) return report(context, run.error());
    if (!*run && options.join) {
      return report(context, Error{ErrorCode::unavailable,
                                   "no run works on this store that workers could join; "
                                   "without --join `merctl work` begins one"});
    }
    has_joined = has_joined || *run;
    code = *run ? work_in(context, options, *idle_timeout, **run) : work_alone(context, options);
    if (code != ExitCode::unreachable || options.join || !has_joined) return code;
  }
  return code;
}

}  // namespace mer::cli
