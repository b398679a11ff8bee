#include <cstdio>
#include <string>

#include "cli/commands.hpp"
#include "cli/gpus.hpp"
#include "cli/output.hpp"
#include "cli/prepare.hpp"
#include "cli/store_access.hpp"
#include "cli/sweep_run.hpp"

namespace mer::cli {

ExitCode run_command(const Context& context, const RunOptions& options) {
  if (!plain_format(context, "run")) return ExitCode::usage;
  Result<Prepared> prepared = prepare(options.sweep);
  if (!prepared) return report(context, prepared.error());
  const ResourceSettings& resources = prepared->plan.submission.sweep.resources;
  const auto place = training_place(resources, look_around(program_folder()));
  if (!place) return report(context, place.error());
  const Result<int> workers = workers_of(resources, *place, options.workers, usable_cores());
  if (!workers) return report(context, workers.error());
  for (const std::string& warning : prepared->plan.warnings) std::fprintf(stderr, "warning: %s\n", warning.c_str());
  const Result<SweepId> sweep = submit(*prepared, context.store, options.retry_failed);
  if (!sweep) return report(context, sweep.error());
  const std::string& name = prepared->plan.submission.sweep.name;
  std::fprintf(stderr, "sweep %ld (%s): %zu trials, store %s\n", long(sweep->number), name.c_str(),
               prepared->plan.submission.trials.size(), context.store.c_str());
  std::fprintf(stderr, "training on %s\n", place->text.c_str());

  const LocalRun run{.sweep = *sweep, .workers = *workers, .gang = resources.gpus_per_trial, .web = options.web};
  const Result<LaunchEnd> end = run_to_the_end(context, run);
  if (!end) return report(context, end.error());
  if (*end != LaunchEnd::ended) {
    std::fputs("paused; the same command resumes\n", stderr);
    return ExitCode::paused;
  }
  const ExitCode shown = results_command(context, {.sweep = std::to_string(sweep->number)});
  if (shown != ExitCode::done) return shown;
  const Result<Standing> standing = standing_of(context, *sweep);
  if (!standing) return report(context, standing.error());
  const storage::StateCounts& counts = standing->counts;
  if (counts.failed > 0) {
    std::fprintf(stderr, "%ld trials failed: `merctl show TRIAL` says why; --retry-failed tries them again\n",
                 long(counts.failed));
  }
  return counts.done == counts.total() ? ExitCode::done : ExitCode::some_failed;
}

}  // namespace mer::cli
