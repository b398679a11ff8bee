// merctl: the command line of mer. Parses, then calls one function of cli/commands.hpp.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <tuple>
#include <unistd.h>
#include <utility>
#include <vector>

#include "cli/add_command.hpp"
#include "cli/commands.hpp"
#include "cli/completion.hpp"
#include "cli/corpus_parser.hpp"
#include "cli/extract_parser.hpp"
#include "cli/man_page.hpp"
#include "cli/parser_tree.hpp"
#include "cli/slurm_request.hpp"
#include "core/version.hpp"
#include "storage/control.hpp"

namespace {

using mer::ExitCode;
using mer::cli::add_command;
using mer::cli::Context;
using mer::cli::Format;
using mer::storage::ControlVerb;

constexpr std::pair<const char*, Format> kFormats[] = {{"table", Format::table}, {"json", Format::json},
                                                       {"quiet", Format::quiet}, {"csv", Format::csv},
                                                       {"latex", Format::latex}, {"md", Format::markdown}};

struct Arguments {
  Context context;
  mer::cli::RunOptions run;
  mer::cli::SweepFileOptions plan;
  mer::cli::SubmitOptions submit;
  mer::cli::SlurmOptions slurm;
  bool on_slurm = false;
  mer::cli::WorkOptions work;
  mer::cli::CoordinatorOptions coordinator;
  mer::cli::AllocOptions alloc;
  mer::cli::AllocRunOptions alloc_run;
  int alloc_number = 0;
  std::string manager, host;
  mer::cli::ControlOptions control;
  mer::cli::ResultsOptions results, exported;
  mer::cli::BenchOptions bench;
  mer::cli::ReproduceOptions reproduce;
  mer::cli::LogsOptions logs;
  mer::cli::RepresentationsOptions representations;
  mer::cli::WaitOptions wait;
  bool watch = false;
  std::string tag;
  std::string status_sweep, trial, shell;
  int port = 8080;
  std::function<ExitCode()> chosen;
  mer::cli::CorpusArguments corpus{.context = context, .chosen = chosen};
  mer::cli::ExtractArguments extract{.context = context, .chosen = chosen};
};

// CLI::PositiveNumber would say the largest double as the upper end, in 309 digits.
CLI::Range positive() {
  return {1, std::numeric_limits<int>::max(), "POSITIVE"};
}

void add_sweep_file(CLI::App* command, mer::cli::SweepFileOptions& options) {
  command->add_option("SWEEP.json", options.file, "Sweep file (JSON with comments)")->required();
  command->add_option("--set", options.overrides, "Overrides a field, e.g. train.epochs=10 (repeatable)")
      ->type_name("PATH=VALUE")
      ->take_all();
}

void add_selection(CLI::App* command, mer::cli::ResultsOptions& options) {
  command->add_option("SWEEP", options.sweep, "Name (the newest of that name) or number")->required();
  command->add_option("--select", options.select, "Epoch that stands for a trial; default: the sweep's")
      ->check(CLI::IsMember({"last", "best-validation", "best-test"}));
  command->add_option("--metric", options.metric, "Metric that decides the best epoch; default: the sweep's")
      ->check(CLI::IsMember({"wa", "ua", "macro_f1", "weighted_f1"}));
}

void add_submission(CLI::App* command, mer::cli::SubmitOptions& options) {
  command->add_option("--priority", options.priority, "Sweeps of higher priority go first")
      ->capture_default_str()
      ->check(CLI::Range(-mer::storage::kHighestPriority, mer::storage::kHighestPriority));
  command->add_flag("--fresh", options.fresh, "Train every trial, even one with a result here");
}

void add_sweep_commands(CLI::App& app, Arguments& arguments) {
  CLI::App* run = add_command(app, "run", "Run a sweep on this machine; run it again to resume",
                              "merctl run configs/quickstart.json --workers 2");
  add_sweep_file(run, arguments.run.sweep);
  run->add_option("--workers", arguments.run.workers, "Workers, at most one a trial; default: one a core or GPU")
      ->check(CLI::Range(1, 1024));
  run->add_flag("--retry-failed", arguments.run.submit.retry_failed,
                "Try failed trials again, their crashes forgotten");
  add_submission(run, arguments.run.submit);
  run->add_flag_callback(
      "--no-web", [&arguments] { arguments.run.web = false; }, "Serve no dashboard while it runs");
  run->callback(
      [&arguments] { arguments.chosen = [&arguments] { return run_command(arguments.context, arguments.run); }; });

  CLI::App* work =
      add_command(app, "work", "Train what a sweep of the store has left, as `run` does", "merctl work quickstart");
  work->add_option("SWEEP", arguments.work.sweep, "Name or number; default: every active sweep");
  work->add_option("--workers", arguments.work.workers, "Workers, at most one a trial; default: one a core or GPU")
      ->check(CLI::Range(1, 1024));
  work->add_flag_callback(
      "--no-web", [&arguments] { arguments.work.web = false; }, "Serve no dashboard while it trains");
  work->add_option("--idle-timeout", arguments.work.idle_timeout,
                   "Of a joined run: leave after so long without a trial")
      ->type_name("TIME");
  work->add_flag("--join", arguments.work.join, "Only join the run that works on the store, never lead it");
  work->add_option("--patience", arguments.work.patience, "Train on for so long without a coordinator; default: 10m")
      ->type_name("TIME");
  work->callback(
      [&arguments] { arguments.chosen = [&arguments] { return work_command(arguments.context, arguments.work); }; });

  CLI::App* coordinator = add_command(app, "coordinator", "Lead a run without workers here; other jobs bring them",
                                      "merctl coordinator quickstart; elsewhere: merctl work");
  coordinator->add_option("SWEEP", arguments.coordinator.sweep, "Name or number; default: every active sweep");
  coordinator->add_flag("--stay", arguments.coordinator.stay, "Go on when nothing is left, until it is ended");
  coordinator->add_flag_callback(
      "--no-web", [&arguments] { arguments.coordinator.web = false; }, "Serve no dashboard while it runs");
  coordinator->callback([&arguments] {
    arguments.chosen = [&arguments] { return coordinator_command(arguments.context, arguments.coordinator); };
  });

  CLI::App* plan = add_command(app, "plan", "Say what a sweep file would run; starts and writes nothing",
                               "merctl plan configs/quickstart.json");
  add_sweep_file(plan, arguments.plan);
  plan->callback(
      [&arguments] { arguments.chosen = [&arguments] { return plan_command(arguments.context, arguments.plan); }; });
}

CLI::App* add_control(CLI::App& app, Arguments& arguments, ControlVerb verb, const std::string& text,
                      const std::string& targets, const std::string& example) {
  const std::string name = name_of(verb);
  CLI::App* command = add_command(app, name, text, "merctl " + name + " " + example);
  command
      ->add_option(targets, arguments.control.targets,
                   targets == "SWEEP" ? "Names or numbers" : "Names or numbers; ids of trials or prefixes")
      ->required();
  command->callback([&arguments, verb] {
    arguments.chosen = [&arguments, verb] {
      if (arguments.control.verb != ControlVerb::retry_failed) arguments.control.verb = verb;
      return control_command(arguments.context, arguments.control);
    };
  });
  return command;
}

void add_slurm_option(CLI::Option* slurm, CLI::Option* option, const char* value) {
  option->type_name(value)->needs(slurm)->group("With --slurm");
}

void add_job_options(CLI::App* command, CLI::Option* slurm, mer::cli::SlurmOptions& options) {
  for (const mer::cli::JobOption& option : mer::cli::job_options()) {
    const std::string name = option.name;
    const auto set = [&options, name](const std::string& value) { options.request[name] = value; };
    add_slurm_option(slurm, command->add_option_function<std::string>("--" + name, set, option.help),
                     option.value_name);
  }
  add_slurm_option(
      slurm, command->add_option("--site", options.site, "The cluster's settings; else MER_SITE, slurm/site.json"),
      "FILE");
}

void add_chain_options(CLI::App* command, CLI::Option* slurm, mer::cli::SlurmOptions& options) {
  add_slurm_option(slurm,
                   command->add_option("--jobs", options.jobs, "Jobs in a chain: each goes on where the last one ended")
                       ->check(CLI::Range(1, 1000)),
                   "K");
  add_slurm_option(slurm, command->add_flag("--dry-run", options.dry_run, "Print batch script and cost; write nothing"),
                   "");
}

void add_annotation_commands(CLI::App& app, Arguments& arguments) {
  const auto add = [&](ControlVerb verb, const std::string& text, const std::string& example) {
    CLI::App* command = add_command(app, name_of(verb), text, "merctl " + example);
    command->add_option("SWEEP|TRIAL", arguments.status_sweep, "Name or number; id of a trial or a prefix")->required();
    return command;
  };
  // `text`: what is written; without it, what stands is printed.
  const auto chosen = [&arguments](ControlVerb verb, const CLI::Option* text) {
    return [&arguments, verb, text] {
      arguments.chosen = [&arguments, verb, is_given = text->count() > 0] {
        if (!is_given) return annotation_command(arguments.context, verb, arguments.status_sweep);
        arguments.control.verb = verb;
        arguments.control.targets = {arguments.status_sweep};
        return control_command(arguments.context, arguments.control);
      };
    };
  };
  CLI::App* note =
      add(ControlVerb::note, "Write a note on a sweep or trial, or print it", "note quickstart \"alpha too high\"");
  note->callback(chosen(ControlVerb::note, note->add_option("TEXT", arguments.control.note,
                                                            "At most 2000 bytes; \"\": none; default: print it")));
  CLI::App* tag = add(ControlVerb::tag, "Give a sweep or trial tags, or print them", "tag quickstart paper baseline");
  tag->callback(chosen(ControlVerb::tag, tag->add_option("TAG", arguments.control.tags, "Words; default: print them")));
  CLI::App* untag = add(ControlVerb::untag, "Take tags away from a sweep or trial", "untag quickstart baseline");
  untag->callback(chosen(ControlVerb::untag, untag->add_option("TAG", arguments.control.tags, "Words")->required()));
}

void add_control_commands(CLI::App& app, Arguments& arguments) {
  CLI::App* submit = add_command(app, "submit", "Add a sweep to the run that goes on, or to the store",
                                 "merctl submit configs/quickstart.json --priority 1");
  add_sweep_file(submit, arguments.plan);
  add_submission(submit, arguments.submit);
  CLI::Option* slurm = submit->add_flag("--slurm", arguments.on_slurm, "Into jobs of Slurm, which train it");
  add_job_options(submit, slurm, arguments.slurm);
  add_chain_options(submit, slurm, arguments.slurm);
  submit->callback([&arguments] {
    arguments.chosen = [&arguments] {
      if (!arguments.on_slurm) return submit_command(arguments.context, arguments.plan, arguments.submit);
      return submit_slurm_command(arguments.context, arguments.plan, arguments.submit, arguments.slurm);
    };
  });

  add_control(app, arguments, ControlVerb::cancel, "Give up trials that wait or run", "SWEEP|TRIAL", "quickstart");
  add_control(app, arguments, ControlVerb::pause, "Let a sweep wait; its trials are checkpointed", "SWEEP",
              "quickstart");
  add_control(app, arguments, ControlVerb::resume, "Go on with a paused sweep", "SWEEP", "quickstart");
  CLI::App* retry = add_control(app, arguments, ControlVerb::retry, "Try failed and cancelled trials again",
                                "SWEEP|TRIAL", "quickstart --failed");
  retry->add_flag_callback(
      "--failed", [&arguments] { arguments.control.verb = ControlVerb::retry_failed; }, "Failed trials only");
  CLI::App* priority = add_command(app, "priority", "Change a sweep's priority; higher goes first (default 0)",
                                   "merctl priority quickstart 10");
  priority->add_option("SWEEP", arguments.status_sweep, "Name or number")->required();
  priority->add_option("PRIORITY", arguments.control.priority, "Whole number")
      ->required()
      ->check(CLI::Range(-mer::storage::kHighestPriority, mer::storage::kHighestPriority));
  priority->callback([&arguments] {
    arguments.chosen = [&arguments] {
      arguments.control.verb = ControlVerb::priority;
      arguments.control.targets = {arguments.status_sweep};
      return control_command(arguments.context, arguments.control);
    };
  });

  add_annotation_commands(app, arguments);

  CLI::App* explain = add_command(app, "explain", "Say why a trial waits, runs or failed", "merctl explain 3fa9c1d2");
  explain->add_option("TRIAL", arguments.trial, "Id, or a prefix of it that is unique")->required();
  explain->callback([&arguments] {
    arguments.chosen = [&arguments] { return explain_command(arguments.context, arguments.trial); };
  });
}

void add_alloc_commands(CLI::App& app, Arguments& arguments) {
  using mer::cli::AllocChange;
  CLI::App* alloc = add_command(app, "alloc", "Let jobs of Slurm come while trials wait",
                                "merctl alloc add slurm --max-nodes 4 --gpus-per-node 4");
  alloc->require_subcommand(1);
  CLI::App* add = add_command(*alloc, "add", "Add one: what its jobs ask for, and how many may be",
                              "merctl alloc add slurm --max-nodes 4 --backlog 2 --time 4:00:00");
  CLI::Option* manager = add->add_option("MANAGER", arguments.manager, "slurm")->required();
  manager->check(CLI::IsMember({"slurm"}));
  add->add_option("--max-nodes", arguments.alloc.max_nodes, "Nodes of all its jobs together")
      ->required()
      ->check(CLI::Range(1, 100'000));
  add->add_option("--backlog", arguments.alloc.backlog, "Jobs that may wait in the queue")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  add->add_option("--idle-timeout", arguments.alloc.idle_timeout, "A job that has nothing to do for so long ends")
      ->type_name("TIME")
      ->capture_default_str();
  add_job_options(add, manager, arguments.alloc.slurm);
  add_slurm_option(manager,
                   add->add_flag("--dry-run", arguments.alloc.slurm.dry_run, "Print batch script and what it would do"),
                   "");
  add->callback([&arguments] {
    arguments.chosen = [&arguments] { return alloc_add_command(arguments.context, arguments.alloc); };
  });
  add_command(*alloc, "list", "List the allocations of the store", "merctl alloc list")->callback([&arguments] {
    arguments.chosen = [&arguments] { return alloc_list_command(arguments.context); };
  });
  const std::tuple<const char*, const char*, AllocChange> changes[] = {
      {"pause", "Submit no more of its jobs", AllocChange::pause},
      {"resume", "Go on with it, its failures forgotten", AllocChange::resume},
      {"remove", "Forget it; its jobs go on", AllocChange::remove}};
  for (const auto& [name, text, change] : changes) {
    CLI::App* command = add_command(*alloc, name, text, std::string("merctl alloc ") + name + " 1");
    command->add_option("NUMBER", arguments.alloc_number, "Of the allocation")->required();
    command->callback([&arguments, kind = change] {
      arguments.chosen = [&arguments, kind] {
        return alloc_change_command(arguments.context, kind, arguments.alloc_number);
      };
    });
  }
  CLI::App* run = add_command(*alloc, "run", "Submit jobs while trials wait, until it is ended", "merctl alloc run");
  run->add_option("--every", arguments.alloc_run.every, "Time between two looks")->capture_default_str();
  run->add_flag("--once", arguments.alloc_run.once, "Look once, and end");
  run->callback([&arguments] {
    arguments.chosen = [&arguments] { return alloc_run_command(arguments.context, arguments.alloc_run); };
  });
}

void add_node_commands(CLI::App& app, Arguments& arguments) {
  using mer::cli::NodeChange;
  CLI::App* node =
      add_command(app, "node", "List, exclude and take back nodes that fail trials", "merctl node include n3");
  node->require_subcommand(1);
  add_command(*node, "list", "List the excluded nodes", "merctl node list")->callback([&arguments] {
    arguments.chosen = [&arguments] { return node_list_command(arguments.context); };
  });
  const std::tuple<const char*, const char*, NodeChange> changes[] = {
      {"exclude", "Give a node no trials, and no jobs of later submissions", NodeChange::exclude},
      {"include", "Give it trials again", NodeChange::include}};
  for (const auto& [name, text, change] : changes) {
    CLI::App* command = add_command(*node, name, text, std::string("merctl node ") + name + " n3");
    command->add_option("HOST", arguments.host, "As its trials' attempts name it")->required();
    command->callback([&arguments, kind = change] {
      arguments.chosen = [&arguments, kind] { return node_change_command(arguments.context, kind, arguments.host); };
    });
  }
}

void add_result_commands(CLI::App& app, Arguments& arguments) {
  add_command(app, "list", "List the sweeps of the store", "merctl list")->callback([&arguments] {
    arguments.chosen = [&arguments] { return list_command(arguments.context); };
  });

  CLI::App* status = add_command(app, "status", "Count the trials of the sweeps by state", "merctl status quickstart");
  status->add_option("SWEEP", arguments.status_sweep, "Name or number; default: all sweeps");
  status->add_option("--tag", arguments.tag, "Only sweeps, or trials of the sweep, that have it");
  status->add_flag("-w,--watch", arguments.watch, "Again whenever it changes, until the sweep has ended");
  status->callback([&arguments] {
    arguments.chosen = [&arguments] {
      const auto command = arguments.watch ? mer::cli::watch_status_command : mer::cli::status_command;
      return command(arguments.context, {arguments.status_sweep, arguments.tag});
    };
  });

  CLI::App* show = add_command(app, "show", "Show one trial: settings, attempts, scores", "merctl show 3fa9c1d2");
  show->add_option("TRIAL", arguments.trial, "Id, or a prefix of it that is unique")->required();
  show->callback(
      [&arguments] { arguments.chosen = [&arguments] { return show_command(arguments.context, arguments.trial); }; });

  CLI::App* results = add_command(app, "results", "Means and spreads over folds, one row a configuration",
                                  "merctl results quickstart --format latex");
  add_selection(results, arguments.results);
  results->add_option("--baseline", arguments.results.baseline, "Test the others against this one: name, number or id")
      ->type_name("CONFIGURATION");
  results->add_flag("--ci", arguments.results.intervals, "95 % intervals over folds in place of the sd");
  results->add_flag("--utterances", arguments.results.utterances, "95 % intervals, tests: over all folds' utterances")
      ->excludes("--ci");
  results->add_flag("--audit", arguments.results.audit, "The same trials by every protocol, side by side")
      ->excludes("--baseline")
      ->excludes("--select")
      ->excludes("--ci")
      ->excludes("--utterances");
  results->callback([&arguments] {
    arguments.chosen = [&arguments] { return results_command(arguments.context, arguments.results); };
  });

  CLI::App* exported = add_command(app, "export", "Write a whole table to standard output",
                                   "merctl export quickstart --table metrics --format csv > metrics.csv");
  add_selection(exported, arguments.exported);
  exported->add_option("--table", arguments.exported.table, "Which; resolved: the sweep as a sweep file")
      ->required()
      ->check(CLI::IsMember({"trials", "metrics", "predictions", "results", "resolved"}));
  exported->callback([&arguments] {
    arguments.chosen = [&arguments] { return export_command(arguments.context, arguments.exported); };
  });

  CLI::App* serve = add_command(app, "serve", "Serve the dashboard of a store, read-only", "merctl serve --port 8080");
  serve->add_option("--port", arguments.port, "TCP port on 127.0.0.1; 0: any free one")
      ->capture_default_str()
      ->check(CLI::Range(0, 65535));
  serve->callback(
      [&arguments] { arguments.chosen = [&arguments] { return serve_command(arguments.context, arguments.port); }; });
}

void add_following_commands(CLI::App& app, Arguments& arguments) {
  CLI::App* logs = add_command(app, "logs", "Print what a trial's trainer printed", "merctl logs 3fa9c1d2 --follow");
  logs->add_option("TRIAL", arguments.logs.trial, "Id, or a prefix of it that is unique")->required();
  logs->add_flag("-f,--follow", arguments.logs.follow, "Go on until the attempt has ended");
  logs->add_option("--attempt", arguments.logs.attempt, "Which; default: the newest")
      ->type_name("N")
      ->check(positive());
  logs->callback(
      [&arguments] { arguments.chosen = [&arguments] { return logs_command(arguments.context, arguments.logs); }; });

  CLI::App* complete = add_command(app, "complete", "Say by exit code whether all trials have ended (0, 1, 6)",
                                   "merctl complete quickstart");
  complete->add_option("SWEEP", arguments.status_sweep, "Name or number; default: every active sweep");
  complete->callback([&arguments] {
    arguments.chosen = [&arguments] { return complete_command(arguments.context, arguments.status_sweep); };
  });

  CLI::App* wait =
      add_command(app, "wait", "Wait until every trial of the sweeps has ended", "merctl wait quickstart --timeout 2h");
  wait->add_option("SWEEP", arguments.wait.sweeps, "Names or numbers")->required();
  wait->add_option("--timeout", arguments.wait.timeout, "Give up after so long, with exit code 3: 90, 90s, 10m, 2h")
      ->type_name("TIME");
  wait->callback(
      [&arguments] { arguments.chosen = [&arguments] { return wait_command(arguments.context, arguments.wait); }; });
}

void add_representations_command(CLI::App& app, Arguments& arguments) {
  mer::cli::RepresentationsOptions& options = arguments.representations;
  CLI::App* command = add_command(app, "representations", "Show how a trial's public and unique representations lie",
                                  "merctl representations 3fa9c1d2 --tsne --format csv > points.csv");
  command->add_option("TRIAL", options.trial, "Id of a done trial, or a prefix of it that is unique")->required();
  CLI::Option* tsne =
      command->add_flag("--tsne", options.tsne, "By t-SNE, not by principal components; may take minutes");
  command->add_option("--perplexity", options.perplexity, "Of t-SNE: about how many neighbours a point has")
      ->capture_default_str()
      ->needs(tsne);
  command->add_option("--components", options.components, "How many principal components")
      ->capture_default_str()
      ->check(CLI::Range(2, 3))
      ->excludes(tsne);
  command->add_option("--utterances", options.utterances, "The most, taken evenly; default: all")
      ->type_name("N")
      ->check(positive());
  command->callback([&arguments] {
    arguments.chosen = [&arguments] { return representations_command(arguments.context, arguments.representations); };
  });
}

void add_bench_command(CLI::App& app, Arguments& arguments) {
  CLI::App* bench = add_command(app, "bench", "Measure how fast this machine trains, on synthetic corpora",
                                "merctl bench --shapes msp-improv --workers 2");
  bench->add_option("--shapes", arguments.bench.shapes, "msp-improv, iemocap or all")
      ->capture_default_str()
      ->check(CLI::IsMember({"msp-improv", "iemocap", "all"}));
  bench->add_option("--workers", arguments.bench.workers, "Worker processes, at most 12; default: one a core or GPU")
      ->check(CLI::Range(1, 1024));
  bench->add_option("--stack", arguments.bench.stack, "Trials trained together; default: as mer chooses")
      ->check(CLI::Range(1, 12));
  bench->add_option("--epochs", arguments.bench.epochs, "Epochs of each trial; the first warms up")
      ->capture_default_str()
      ->check(CLI::Range(2, 10000));
  bench->callback(
      [&arguments] { arguments.chosen = [&arguments] { return bench_command(arguments.context, arguments.bench); }; });
}

void add_reproduce_command(CLI::App& app, Arguments& arguments) {
  mer::cli::ReproduceOptions& options = arguments.reproduce;
  CLI::App* reproduce = add_command(app, "reproduce", "Run one trial alone again; compare its numbers bit by bit",
                                    "merctl reproduce 3fa9c1d2");
  reproduce->add_option("TRIAL", options.trial, "Id of a done trial, or a prefix of it that is unique")->required();
  reproduce->add_option("--keep", options.keep, "New folder for the job, its fold and the trainer's log")
      ->type_name("DIR");
  reproduce->add_option("--corpus", options.corpus, "Where the corpus is now; default: where it was")->type_name("DIR");
  reproduce->add_option("--device", options.device, "auto, cpu or cuda; default: what the trial ran on")
      ->check(CLI::IsMember({"auto", "cpu", "cuda"}));
  reproduce->callback([&arguments] {
    arguments.chosen = [&arguments] { return reproduce_command(arguments.context, arguments.reproduce); };
  });
}

// Throws CLI::ValidationError.
Format format_named(const std::string& word) {
  std::string words;
  for (const auto& [name, format] : kFormats) {
    if (word == name) return format;
    words += (words.empty() ? "" : ", ") + std::string(name);
  }
  throw CLI::ValidationError("--format", "\"" + word + "\" is not allowed; allowed: " + words);
}

void add_global_options(CLI::App& app, Context& context) {
  app.add_option_function<std::string>(
         "--format", [&context](const std::string& word) { context.format = format_named(word); },
         "table, json, quiet; results, export: also csv, latex, md")
      ->type_name("FORMAT");
  app.add_option_function<std::vector<std::string>>(
         "--json",
         [&context](const std::vector<std::string>& fields) {
           context.format = Format::json;
           context.fields = fields;
         },
         "JSON with these fields alone, as in id,counts.done")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("FIELD,...");
  app.add_option("--store", context.store, "Store folder; default: MER_STORE, else mer-store")->type_name("DIR");
}

void add_shell_commands(CLI::App& app, Arguments& arguments) {
  CLI::App* completion = add_command(app, "completion", "Print what completes merctl's words in a shell",
                                     "source <(merctl completion bash)");
  completion->add_option("SHELL", arguments.shell, "Which")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  completion->callback([&arguments] {
    arguments.chosen = [&arguments] {
      std::fputs(mer::cli::completion_script(arguments.shell), stdout);
      return ExitCode::done;
    };
  });
  add_command(app, "man", "Print the man page", "merctl man | man -l -")->callback([&app, &arguments] {
    arguments.chosen = [&app] {
      std::fputs(mer::cli::man_page(mer::cli::tree_of(app), mer::code_version()).c_str(), stdout);
      return ExitCode::done;
    };
  });
}

void add_commands(CLI::App& app, Arguments& arguments) {
  add_sweep_commands(app, arguments);
  add_control_commands(app, arguments);
  add_alloc_commands(app, arguments);
  add_node_commands(app, arguments);
  add_result_commands(app, arguments);
  add_reproduce_command(app, arguments);
  add_representations_command(app, arguments);
  add_following_commands(app, arguments);
  add_corpus_commands(app, arguments.corpus);
  mer::cli::add_extract_command(app, arguments.extract);
  CLI::App* doctor = add_command(app, "doctor", "Say what this machine has and lacks, with remedies", "merctl doctor");
  CLI::Option* slurm = doctor->add_flag("--slurm", arguments.on_slurm, "Of the nodes that a small job of Slurm gets");
  add_job_options(doctor, slurm, arguments.slurm);
  doctor->callback([&arguments] {
    arguments.chosen = [&arguments] {
      const auto job = arguments.on_slurm ? std::optional(arguments.slurm) : std::nullopt;
      return doctor_command(arguments.context, job);
    };
  });
  add_bench_command(app, arguments);
  add_shell_commands(app, arguments);
}

bool asks_for_completion(int argc, char** argv) {
  return argc > 1 && std::string(argv[1]) == mer::cli::kCompleteCommand;
}

// `merctl help X Y` is `merctl X Y --help`.
std::vector<std::string> words_of(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  if (words.empty() || words.front() != "help") return words;
  words.erase(words.begin());
  words.emplace_back("--help");
  return words;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("mer: cross-validation studies of multimodal emotion recognition", "merctl");
  app.set_version_flag("--version", "merctl " + mer::code_version());
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 done, 1 some trials failed, 2 usage or configuration,\n"
      "3 time-out, 4 not authorised, 5 store busy or coordinator unreachable,\n"
      "6 paused.");
  app.get_formatter()->column_width(22);  // help fits 80 columns

  Arguments arguments;
  if (const char* store = std::getenv("MER_STORE"); store != nullptr && *store != '\0') arguments.context.store = store;
  arguments.context.colour = ::isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
  add_global_options(app, arguments.context);
  add_commands(app, arguments);

  const std::vector<std::string> words = words_of(argc, argv);
  if (asks_for_completion(argc, argv)) {
    return int(mer::cli::completion_command(arguments.context, mer::cli::tree_of(app), std::span(words).subspan(1)));
  }
  if (words.empty()) {
    std::fputs(app.help().c_str(), stderr);
    return int(ExitCode::usage);
  }
  try {
    app.parse(std::vector(words.rbegin(), words.rend()));  // CLI11 takes them last first
  } catch (const CLI::ParseError& error) {
    const std::string advice = mer::cli::advice_on(mer::cli::tree_of(app), words);
    if (advice.empty()) return app.exit(error) == 0 ? 0 : int(ExitCode::usage);
    std::fprintf(stderr, "%s\nRun with --help for more information.\n", advice.c_str());
    return int(ExitCode::usage);
  }
  return int(arguments.chosen());
}
