// work: trains what a sweep of the store has left; how a job of Slurm runs one.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include "cli/commands.hpp"
#include "cli/duration.hpp"
#include "cli/join.hpp"
#include "cli/output.hpp"
#include "cli/stand_in.hpp"
#include "cli/work.hpp"

namespace mer::cli {
namespace {

constexpr int kRounds = 4;  // of runs that were lost
constexpr char kPatience[] = "10m";

Result<JoinLimits> limits_of(const WorkOptions& options) {
  const auto idle = duration_from(options.idle_timeout.empty() ? "0" : options.idle_timeout);
  if (!idle) return invalid("--idle-timeout: " + idle.error().message);
  const auto patience = duration_from(options.patience.empty() ? kPatience : options.patience);
  if (!patience) return invalid("--patience: " + patience.error().message);
  return JoinLimits{*idle, *patience};
}

// Who leads others goes on with it without workers.
ExitCode end_leading(StandIn& stand_in, ExitCode joined) {
  if (joined == ExitCode::done) stand_in.settle();
  const bool useless = joined == ExitCode::idle || joined == ExitCode::excluded;
  if (!stand_in.leads() || (!useless && joined != ExitCode::paused)) return joined;
  if (useless) std::fputs("this job leads the run on, without workers\n", stderr);
  return stand_in.wait_for_end() ? ExitCode::paused : ExitCode::done;
}

// A job of Slurm's can go to other nodes; who has this machine alone trains on it.
IfExcluded if_excluded() {
  return std::getenv("SLURM_JOB_ID") != nullptr ? IfExcluded::leave : IfExcluded::train;
}

// Joins the run, and shows the sweep when that has ended.
ExitCode work_in(const Context& context, const WorkOptions& options, const JoinOptions& joining,
                 const storage::Endpoint& run) {
  ExitCode joined = join_run(context, joining, run);
  if (joining.stand_in != nullptr) joined = end_leading(*joining.stand_in, joined);
  if (joined != ExitCode::done) return joined;
  const Result<std::optional<Chosen>> chosen = choose(context, options.sweep);
  if (!chosen) return report(context, chosen.error());
  if (!*chosen) return ExitCode::done;
  const ExitCode shown = show_after_join(context, (*chosen)->id, (*chosen)->resources.gpus_per_trial);
  const bool late = joining.stand_in != nullptr && joining.stand_in->out_of_time();
  return shown == ExitCode::unreachable && late ? ExitCode::paused : shown;
}

ExitCode work_alone(const Context& context, const WorkOptions& options) {
  const Result<std::optional<Chosen>> chosen = choose(context, options.sweep);
  if (!chosen) return report(context, chosen.error());
  if (!*chosen) {
    std::fputs("no trial of an active sweep waits\n", stderr);
    return ExitCode::done;
  }
  const auto& [sweep, resources] = **chosen;
  const Result<Workplace> workplace = workplace_of(context, resources, options.workers, if_excluded());
  if (!workplace) return report(context, workplace.error());
  if (workplace->excluded) return ExitCode::excluded;
  return work_on(context, sweep, resources, *workplace, options.web);
}

}  // namespace

// A job that has joined a run outlives it: it leads the others on, or joins the job that does. One that another job has
// taken its run from joins that.
ExitCode work_command(const Context& context, const WorkOptions& options) {
  if (!plain_format(context, "work")) return ExitCode::usage;
  const Result<JoinLimits> limits = limits_of(options);
  if (!limits) return report(context, limits.error());
  std::optional<StandIn> stand_in;
  if (!options.join && limits->patience.count() > 0) stand_in.emplace(context, options.web);
  const JoinOptions joining{options.workers, *limits, stand_in ? &*stand_in : nullptr};
  ExitCode code = ExitCode::unreachable;
  bool has_joined = false;
  for (int round = 0; round < kRounds; ++round) {
    Result<std::optional<storage::Endpoint>> run = run_to_join(context);
    if (run && !*run && has_joined && stand_in && stand_in->begin()) run = run_to_join(context);
    if (!run) return report(context, run.error());
    if (round > 0 && !*run && !has_joined) return code;
    if (!*run && options.join) {
      return report(context, Error{ErrorCode::unavailable,
                                   "no run works on this store that workers could join; "
                                   "without --join `merctl work` begins one"});
    }
    has_joined = has_joined || *run;
    code = *run ? work_in(context, options, joining, **run) : work_alone(context, options);
    if (code != ExitCode::unreachable || options.join) return code;
  }
  return code;
}

}  // namespace mer::cli
