#include <cstdio>
#include <string>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/store_access.hpp"
#include "cli/submit.hpp"
#include "core/json.hpp"

namespace mer::cli {
namespace {

void print_submitted(const Submitted& submitted, const storage::Submission& submission, const std::string& file) {
  const long number = long(submitted.sweep.number);
  std::printf("sweep %ld (%s): %zu trials\n", number, submission.sweep.name.c_str(), submission.trials.size());
  if (submitted.running) {
    std::fprintf(stderr, "the run that goes on has taken it up; `merctl wait %ld` waits for its end\n", number);
  } else {
    std::fprintf(stderr, "nobody works on this store now; `merctl run %s` does\n", file.c_str());
  }
}

}  // namespace

ExitCode submit_command(const Context& context, const SweepFileOptions& sweep, const SubmitOptions& options) {
  if (!plain_format(context, "submit")) return ExitCode::usage;
  Result<Prepared> prepared = prepare(sweep);
  if (!prepared) return report(context, prepared.error());
  for (const std::string& warning : prepared->plan.warnings) std::fprintf(stderr, "warning: %s\n", warning.c_str());
  const Result<Submitted> submitted = submit_anywhere(*prepared, context.store, options);
  if (!submitted) return report(context, submitted.error());
  const storage::Submission& submission = prepared->plan.submission;
  if (context.format == Format::json) {
    const nlohmann::ordered_json answer = {{"schema", 1},
                                           {"sweep", submitted->sweep.number},
                                           {"name", submission.sweep.name},
                                           {"trials", submission.trials.size()},
                                           {"running", submitted->running}};
    return end_with_document(context, answer);
  }
  if (context.format == Format::quiet) {
    std::printf("%ld\n", long(submitted->sweep.number));
  } else {
    print_submitted(*submitted, submission, sweep.file);
  }
  return ExitCode::done;
}

}  // namespace mer::cli
