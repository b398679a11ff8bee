// work: trains what a sweep of the store has left; how a job of Slurm runs one.
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>

#include "cli/commands.hpp"
#include "cli/duration.hpp"
#include "cli/join.hpp"
#include "cli/output.hpp"
#include "cli/sweep_run.hpp"
#include "cli/work.hpp"

namespace mer::cli {
namespace {

constexpr int kRounds = 4;  // of runs that were lost

// Of workers that join: who may begin a run waits for no other coordinator.
Result<JoinLimits> limits_of(const WorkOptions& options) {
  const auto idle = duration_from(options.idle_timeout.empty() ? "0" : options.idle_timeout);
  if (!idle) return invalid("--idle-timeout: " + idle.error().message);
  const auto patience = duration_from(!options.patience.empty() ? options.patience : options.join ? "10m" : "0");
  if (!patience) return invalid("--patience: " + patience.error().message);
  return JoinLimits{*idle, *patience};
}

// Joins the run, and shows the sweep when that has ended.
ExitCode work_in(const Context& context, const WorkOptions& options, const JoinLimits& limits,
                 const storage::Endpoint& run) {
  const ExitCode joined = join_run(context, {options.workers, limits}, run);
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
  const Result<JoinLimits> limits = limits_of(options);
  if (!limits) return report(context, limits.error());
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
    code = *run ? work_in(context, options, *limits, **run) : work_alone(context, options);
    if (code != ExitCode::unreachable || options.join || !has_joined) return code;
  }
  return code;
}

}  // namespace mer::cli
