// alloc: jobs of Slurm come while trials wait in the store.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/alloc.hpp"
#include "cli/commands.hpp"
#include "cli/duration.hpp"
#include "cli/job_script.hpp"
#include "cli/output.hpp"
#include "cli/slurm_jobs.hpp"
#include "cli/slurm_plan.hpp"
#include "cli/store_access.hpp"
#include "core/joined.hpp"
#include "core/json.hpp"
#include "core/unix_time.hpp"
#include "data/file_io.hpp"
#include "storage/store_dir.hpp"

namespace mer::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::size_t kLongestFile = 1 << 20;

struct NumberedAlloc {
  int number = 0;
  Alloc alloc;
};

fs::path folder_of(const fs::path& store) {
  return store / "alloc";
}

fs::path file_of(const fs::path& store, int number) {
  return folder_of(store) / (std::to_string(number) + ".json");
}

Status write(const fs::path& store, const NumberedAlloc& one) {
  const std::string text = alloc_to_json(one.alloc);
  const std::string_view chunk = text;
  MER_TRY(data::write_file(file_of(store, one.number).string(), {&chunk, 1}));
  return {};
}

Result<std::vector<NumberedAlloc>> read_all(const fs::path& store) {
  std::vector<NumberedAlloc> all;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder_of(store), none)) {
    const std::string name = entry.path().stem().string();
    int number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (entry.path().extension() != ".json" || error != std::errc() || end != name.data() + name.size()) continue;
    MER_ASSIGN(const std::string text, data::read_file(entry.path().string(), kLongestFile));
    MER_ASSIGN(Alloc alloc, alloc_from_json(text, entry.path().string()));
    all.push_back({number, std::move(alloc)});
  }
  std::ranges::sort(all, {}, &NumberedAlloc::number);
  return all;
}

Result<NumberedAlloc> find(const fs::path& store, int number) {
  MER_ASSIGN(const std::vector<NumberedAlloc> all, read_all(store));
  const auto found = std::ranges::find(all, number, &NumberedAlloc::number);
  if (found != all.end()) return *found;
  return Error{ErrorCode::not_found,
               "there is no allocation " + std::to_string(number) + "; `merctl alloc list` shows those of this store"};
}

// Of its chains' names.
std::string kind_of(int number) {
  return "alloc" + std::to_string(number);
}

SlurmOptions options_of(const AllocSettings& settings) {
  SlurmOptions options;
  options.request = settings.request;
  options.site = settings.site;
  options.idle_timeout = settings.idle_timeout;
  return options;
}

// What a round finds, for all allocations.
struct Outlook {
  std::int64_t waiting = 0, progress = 0;  // as AllocSituation's
  std::vector<JobStanding> jobs;
};

Result<Outlook> outlook_of(const Context& context) {
  Outlook outlook;
  MER_ASSIGN(const OpenStore store, open_store(context));
  MER_ASSIGN(const auto sweeps, store.reader->sweeps());
  for (const storage::SweepSummary& sweep : sweeps) {
    outlook.progress += sweep.counts.total() - sweep.counts.left();
    if (sweep.activity != storage::SweepActivity::active || sweep.counts.left() == 0) continue;
    outlook.waiting += sweep.counts.pending;
    MER_ASSIGN(const auto trials, store.reader->trials(sweep.id));
    for (const storage::TrialRow& trial : trials) outlook.progress += trial.epoch;
  }
  MER_ASSIGN(outlook.jobs, standing_jobs(context.store));
  return outlook;
}

AllocSituation situation_of(const Outlook& outlook, int number, const SlurmPlan& plan) {
  AllocSituation situation{.now = unix_time(), .waiting = outlook.waiting, .progress = outlook.progress};
  const std::string& nodes = plan.request.at("nodes");
  std::from_chars(nodes.data(), nodes.data() + nodes.size(), situation.nodes_per_job);
  for (const JobStanding& one : outlook.jobs) {
    if (!one.job.chain.starts_with("mer-" + kind_of(number) + "-")) continue;
    situation.jobs.insert(one.job.id);
    ++(one.queued.state == "PENDING" ? situation.queued : situation.running);
  }
  return situation;
}

Result<std::string> submit_job(int number, const SlurmPlan& plan) {
  MER_ASSIGN(const std::string chain, new_chain(kind_of(number)));
  MER_ASSIGN(const fs::path script, write_script(plan.script.store, chain, fill(job_template(), plan.script)));
  return queue_job(plan.script.store, script, chain, SweepId{});
}

// What follows for one allocation. The words that it is worth.
Result<std::string> act(const Context& context, const Outlook& outlook, NumberedAlloc& one) {
  MER_ASSIGN(const SlurmPlan plan, slurm_plan(context, options_of(one.alloc.settings)));
  const AllocSituation situation = situation_of(outlook, one.number, plan);
  one.alloc = after_look(one.alloc, situation);
  const AllocDecision decision = decide(one.alloc, situation);
  std::string words = decision.why;
  for (int i = 0; i < decision.jobs; ++i) {
    const Result<std::string> id = submit_job(one.number, plan);
    one.alloc = id ? after_success(one.alloc, *id) : after_failure(one.alloc, id.error().message, unix_time());
    words += id ? " " + *id : ": " + id.error().message;
    if (!id) break;
  }
  MER_TRY(write(context.store, one));
  return words;
}

class Loop {
 public:
  explicit Loop(const Context& context) : context_(context) {}

  // One look, for all allocations. A store or a Slurm that does not answer is looked at again later.
  Status round() {
    const Result<Outlook> outlook = outlook_of(context_);
    MER_ASSIGN(std::vector<NumberedAlloc> all, read_all(context_.store));
    for (NumberedAlloc& one : all) {
      const Result<std::string> words = outlook ? act(context_, *outlook, one) : outlook.error();
      if (!words && words.error().code != ErrorCode::busy && words.error().code != ErrorCode::unavailable) {
        return words.error();
      }
      say(one.number, words ? *words : words.error().message);
    }
    return {};
  }

 private:
  // What is new.
  void say(int number, const std::string& words) {
    std::string& last = said_[number];
    if (words != last) std::printf("%s allocation %d: %s\n", time_text(unix_time()).c_str(), number, words.c_str());
    std::fflush(stdout);
    last = words;
  }

  Context context_;
  std::map<int, std::string> said_;
};

// Waits so long, or until somebody ends it: true.
bool ends_within(std::chrono::seconds pause) {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&set, signal);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  const timespec time{pause.count(), 0};
  return ::sigtimedwait(&set, nullptr, &time) > 0;
}

Result<int> next_number(const fs::path& store) {
  std::error_code error;
  fs::create_directories(folder_of(store), error);
  if (error) return system_error(error.value(), folder_of(store).string() + ": cannot be made");
  MER_ASSIGN(const std::vector<NumberedAlloc> all, read_all(store));
  return all.empty() ? 1 : all.back().number + 1;
}

json json_of(const NumberedAlloc& one) {
  json value = json::parse(alloc_to_json(one.alloc));
  value["number"] = one.number;
  return value;
}

std::string request_text(const AllocSettings& settings) {
  return joined(settings.request, " ", [](const auto& part) { return "--" + part.first + "=" + part.second; });
}

}  // namespace

ExitCode alloc_add_command(const Context& context, const AllocOptions& options) {
  if (!plain_format(context, "alloc add")) return ExitCode::usage;
  if (const auto idle = duration_from(options.idle_timeout); !idle) {
    return report(context, invalid("--idle-timeout: " + idle.error().message));
  }
  NumberedAlloc one;
  one.alloc.settings = {options.max_nodes, options.backlog, options.slurm.request, options.slurm.site,
                        options.idle_timeout};
  const Result<SlurmPlan> plan = slurm_plan(context, options_of(one.alloc.settings));
  if (!plan) return report(context, plan.error());
  if (options.slurm.dry_run) {
    std::printf("%s", fill(job_template(), plan->script).c_str());
    std::fflush(stdout);
    const Result<Outlook> outlook = outlook_of(context);
    const std::string why = decide(one.alloc, situation_of(outlook ? *outlook : Outlook(), one.number, *plan)).why;
    std::fprintf(stderr, "\nnow: %s\nnothing was written or submitted\n", why.c_str());
    return ExitCode::done;
  }
  const auto added = [&]() -> Status {
    MER_ASSIGN(const storage::StoreDir store, storage::StoreDir::create(context.store));
    MER_ASSIGN(one.number, next_number(store.path()));
    return write(store.path(), one);
  }();
  if (!added) return report(context, added.error());
  if (context.format == Format::json) {
    return end_with_document(context, json{{"schema", 1}, {"allocation", json_of(one)}});
  }
  std::printf("allocation %d\n", one.number);
  if (context.format == Format::table) {
    std::fputs("`merctl alloc run` submits its jobs, for as long as it runs\n", stderr);
  }
  return ExitCode::done;
}

ExitCode alloc_list_command(const Context& context) {
  if (!plain_format(context, "alloc list")) return ExitCode::usage;
  const Result<std::vector<NumberedAlloc>> all = read_all(context.store);
  if (!all) return report(context, all.error());
  if (context.format == Format::json) {
    json list = json::array();
    for (const NumberedAlloc& one : *all) list.push_back(json_of(one));
    return end_with_document(context, json{{"schema", 1}, {"allocations", list}});
  }
  std::vector<std::vector<std::string>> rows = {{"allocation", "nodes", "backlog", "state", "jobs"}};
  for (const NumberedAlloc& one : *all) {
    const Alloc& alloc = one.alloc;
    rows.push_back({std::to_string(one.number), std::to_string(alloc.settings.max_nodes),
                    std::to_string(alloc.settings.backlog), alloc.paused.empty() ? "active" : "paused",
                    request_text(alloc.settings) + (alloc.paused.empty() ? "" : "; " + alloc.paused)});
  }
  if (rows.size() > 1) print_columns(rows);
  return ExitCode::done;
}

ExitCode alloc_change_command(const Context& context, AllocChange change, int number) {
  if (!plain_format(context, "alloc")) return ExitCode::usage;
  if (change == AllocChange::remove) {  // one that cannot be read too
    std::error_code error;
    const bool was_there = fs::remove(file_of(context.store, number), error);
    if (error) return report(context, system_error(error.value(), file_of(context.store, number).string()));
    std::printf("allocation %d: %s\n", number, was_there ? "removed; its jobs go on" : "is not there");
    return ExitCode::done;
  }
  Result<NumberedAlloc> one = find(context.store, number);
  if (!one) return report(context, one.error());
  if (change == AllocChange::resume) {
    one->alloc = resumed(one->alloc);
  } else {
    one->alloc.paused = "by a person";
  }
  if (const Status written = write(context.store, *one); !written) return report(context, written.error());
  std::printf("allocation %d: %s\n", number, change == AllocChange::resume ? "active" : "paused");
  return ExitCode::done;
}

ExitCode alloc_run_command(const Context& context, const AllocRunOptions& options) {
  if (!plain_format(context, "alloc run")) return ExitCode::usage;
  const auto every = duration_from(options.every);
  if (!every) return report(context, invalid("--every: " + every.error().message));
  Loop loop(context);
  do {
    if (const Status done = loop.round(); !done) return report(context, done.error());
  } while (!options.once && !ends_within(*every));
  return ExitCode::done;
}

}  // namespace mer::cli
