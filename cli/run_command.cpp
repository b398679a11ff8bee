#include <cstdio>
#include <string>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/prepare.hpp"
#include "cli/submit.hpp"
#include "cli/work.hpp"

namespace mer::cli {
namespace {

Error with_advice(Error error, const std::string& file) {
  if (error.code == ErrorCode::busy) {
    error.message += "; when that is a run, `merctl submit " + file + "` adds this sweep to it, and " +
                     "`merctl work` brings it more workers";
  }
  return error;
}

}  // namespace

ExitCode run_command(const Context& context, const RunOptions& options) {
  if (!plain_format(context, "run")) return ExitCode::usage;
  Result<Prepared> prepared = prepare(options.sweep);
  if (!prepared) return report(context, prepared.error());
  const ResourceSettings& resources = prepared->plan.submission.sweep.resources;
  const Result<Workplace> workplace = workplace_of(context, resources, options.workers, IfExcluded::train);
  if (!workplace) return report(context, workplace.error());
  for (const std::string& warning : prepared->plan.warnings) std::fprintf(stderr, "warning: %s\n", warning.c_str());
  const Result<SweepId> sweep = submit(*prepared, context.store, options.submit);
  if (!sweep) return report(context, with_advice(sweep.error(), options.sweep.file));
  return work_on(context, *sweep, resources, *workplace, options.web);
}

}  // namespace mer::cli
