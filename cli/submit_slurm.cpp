// submit --slurm: a sweep goes into the store, and jobs that train it into Slurm's queue.
#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.hpp"
#include "cli/cost.hpp"
#include "cli/job_script.hpp"
#include "cli/output.hpp"
#include "cli/prepare.hpp"
#include "cli/slurm_jobs.hpp"
#include "cli/slurm_plan.hpp"
#include "cli/submit.hpp"
#include "core/json.hpp"

namespace mer::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// "8:00:00"
std::string hours_text(long seconds) {
  char text[48];
  std::snprintf(text, sizeof text, "%ld:%02ld:%02ld", seconds / 3600, seconds / 60 % 60, seconds % 60);
  return text;
}

std::string job_text(const SlurmPlan& job, int jobs) {
  const auto asked = [&](const char* name) {
    const auto found = job.request.find(name);
    return found == job.request.end() ? std::string() : found->second;
  };
  const auto counted = [](const std::string& count, const std::string& what) {
    return count + " " + what + (count == "1" ? "" : "s");
  };
  const std::string gpus = asked("gpus-per-node");
  return (jobs > 1 ? std::to_string(jobs) + " jobs, one after the other, each " : "1 job ") + "of " +
         counted(asked("nodes"), "node") + " with " + (gpus.empty() ? "" : counted(gpus, "GPU") + " and ") +
         counted(asked("cpus-per-task"), "core") + ", for at most " + hours_text(job.script.seconds);
}

// What is submitted, and which jobs of a chain are in the queue.
struct Queued {
  SweepId sweep;
  std::string chain;
  std::vector<std::string> ids;
};

// Each waits for the end of the one before it. What is in the queue is noted at once.
Status queue_chain(const fs::path& store, const fs::path& script, int jobs, Queued& queued) {
  for (int number = 0; number < jobs; ++number) {
    MER_ASSIGN(std::string id, queue_job(store, script, queued.chain, queued.sweep,
                                         queued.ids.empty() ? std::string() : queued.ids.back()));
    queued.ids.push_back(std::move(id));
  }
  return {};
}

// Its script names the sweep, which has no number yet: who submits that, and then calls sbatch, needs to change
// nothing.
ExitCode show_dry_run(const Context& context, const SlurmPlan& job, const SlurmOptions& options, const Cost& cost,
                      const std::string& sweep) {
  JobScript script = job.script;
  script.sweep = sweep;
  const std::string text = fill(job_template(), script);
  if (context.format == Format::json) {
    json document = {{"schema", 1},           {"jobs", options.jobs},   {"request", job.request},
                     {"script", text},        {"trials", cost.trials},  {"reused", cost.reused},
                     {"epochs", cost.epochs}, {"worker_hours", nullptr}};
    if (const auto hours = cost.worker_hours()) document["worker_hours"] = *hours;
    return end_with_document(context, document);
  }
  std::printf("%s", text.c_str());
  std::fflush(stdout);
  std::fprintf(stderr, "\n%s\n%s\nnothing was written or submitted\n", job_text(job, options.jobs).c_str(),
               cost_text(cost).c_str());
  return ExitCode::done;
}

ExitCode show_queued(const Context& context, const SlurmPlan& job, const Queued& queued, const Cost& cost) {
  const std::string output = (jobs_folder(job.script.store) / (queued.ids.front() + ".out")).string();
  if (context.format == Format::json) {
    const json document = {{"schema", 1},
                           {"sweep", queued.sweep.number},
                           {"jobs", queued.ids},
                           {"name", queued.chain},
                           {"output", output}};
    return end_with_document(context, document);
  }
  for (const std::string& id : queued.ids) std::printf("%s\n", id.c_str());
  if (context.format == Format::quiet) return ExitCode::done;
  std::fflush(stdout);
  std::fprintf(stderr, "%s\n%s\n", job_text(job, int(queued.ids.size())).c_str(), cost_text(cost).c_str());
  std::fprintf(stderr, "`merctl status` follows sweep %ld and its jobs; what a job prints is in\n%s\n",
               long(queued.sweep.number), output.c_str());
  return ExitCode::done;
}

}  // namespace

ExitCode submit_slurm_command(const Context& context, const SweepFileOptions& sweep, const SubmitOptions& options,
                              const SlurmOptions& slurm) {
  if (!plain_format(context, "submit")) return ExitCode::usage;
  const Result<SlurmPlan> job = slurm_plan(context, slurm);
  if (!job) return report(context, job.error());
  Result<Prepared> prepared = prepare(sweep);
  if (!prepared) return report(context, prepared.error());
  for (const std::string& warning : prepared->plan.warnings) std::fprintf(stderr, "warning: %s\n", warning.c_str());
  prepared->plan.submission.fresh = options.fresh;
  const Result<Cost> cost = cost_of(context, prepared->plan.submission);
  if (!cost) return report(context, cost.error());
  if (slurm.dry_run) return show_dry_run(context, *job, slurm, *cost, prepared->plan.submission.sweep.name);

  Queued queued;
  const auto done = [&]() -> Status {
    MER_ASSIGN(const Submitted submitted, submit_anywhere(*prepared, context.store, options));
    queued.sweep = submitted.sweep;
    MER_ASSIGN(queued.chain, new_chain(std::to_string(queued.sweep.number)));
    JobScript script = job->script;
    script.sweep = std::to_string(queued.sweep.number);
    MER_ASSIGN(const fs::path file, write_script(script.store, queued.chain, fill(job_template(), script)));
    return queue_chain(script.store, file, slurm.jobs, queued);
  }();
  if (!done) {
    if (queued.sweep.number > 0) {
      std::fprintf(stderr, "the sweep is in the store as number %ld; %zu of %d jobs are in the queue\n",
                   long(queued.sweep.number), queued.ids.size(), slurm.jobs);
    }
    return report(context, done.error());
  }
  return show_queued(context, *job, queued, *cost);
}

}  // namespace mer::cli
