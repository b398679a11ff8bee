// The commands of merctl: one function each. Data goes to standard output, words and progress to standard error.
//
// Threads: one. Errors: printed (see report() in cli/output.hpp); the exit code says what kind (core/exit_code.hpp).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/context.hpp"
#include "core/exit_code.hpp"
#include "core/records.hpp"
#include "storage/control.hpp"

namespace mer::cli {

struct SubmitOptions {
  int priority = 0;
  bool fresh = false;         // takes no result that the store has
  bool retry_failed = false;  // makes the sweep's failed trials pending again
};

struct SweepFileOptions {
  std::string file;
  std::vector<std::string> overrides = {};  // path=value
};

struct RunOptions {
  SweepFileOptions sweep;
  int workers = 0;  // 0: as many as the GPUs take, or one for each core this process may use
  bool web = true;
  SubmitOptions submit = {};
};
ExitCode run_command(const Context& context, const RunOptions& options);

ExitCode plan_command(const Context& context, const SweepFileOptions& options);

// Into the run that goes on, or into the store, for the next one.
ExitCode submit_command(const Context& context, const SweepFileOptions& sweep, const SubmitOptions& options);

struct SlurmOptions {
  std::map<std::string, std::string> request = {};  // cli/slurm_request.hpp
  int jobs = 1;                                     // in a chain
  std::string site = {};                            // file; empty: MER_SITE, slurm/site.json here, or none
  bool dry_run = false;                             // writes and starts nothing
  std::string idle_timeout = {};                    // of `merctl work` in the jobs
};
// Jobs of Slurm that train the sweep.
ExitCode submit_slurm_command(const Context& context, const SweepFileOptions& sweep, const SubmitOptions& options,
                              const SlurmOptions& slurm);

// Jobs of Slurm that come while trials wait: cli/alloc.hpp.
struct AllocOptions {
  SlurmOptions slurm = {};
  int max_nodes = 1;
  int backlog = 1;
  std::string idle_timeout = "5m";
};
ExitCode alloc_add_command(const Context& context, const AllocOptions& options);
ExitCode alloc_list_command(const Context& context);
enum class AllocChange { pause, resume, remove };
ExitCode alloc_change_command(const Context& context, AllocChange change, int number);
struct AllocRunOptions {
  std::string every = "30s";
  bool once = false;
};
// Until it is ended by a signal.
ExitCode alloc_run_command(const Context& context, const AllocRunOptions& options);

// Nodes that get no trials: a run that goes on looks every few seconds.
ExitCode node_list_command(const Context& context);
enum class NodeChange { exclude, include };
ExitCode node_change_command(const Context& context, NodeChange change, const std::string& host);

struct WorkOptions {
  std::string sweep;  // name or number; empty: every active sweep
  int workers = 0;    // as RunOptions
  bool web = true;
  bool join = false;              // only as workers of a run that goes on
  std::string idle_timeout = {};  // "5m": then workers that joined a run and have no trial leave; empty: they stay
  std::string patience = {};      // as workers of a run that has lost its coordinator; empty: 10m; "0": none at all
};
// As `run`, of a sweep that is in the store; where a run of it goes on, these workers join it, and when that loses its
// coordinator and gets no other one, this job leads it on, unless `join` or a patience of 0 forbid it.
ExitCode work_command(const Context& context, const WorkOptions& options);

struct CoordinatorOptions {
  std::string sweep;  // name or number; empty: every active sweep
  bool web = true;
  bool stay = false;  // when nothing is left to do
};
// A run without workers of its own: those of other jobs join it.
ExitCode coordinator_command(const Context& context, const CoordinatorOptions& options);

// done: every trial of the sweep (empty: of every active one) has ended; some_failed: not yet; paused: and it is
// paused.
ExitCode complete_command(const Context& context, const std::string& sweep);

struct ControlOptions {
  storage::ControlVerb verb = storage::ControlVerb::pause;
  std::vector<std::string> targets = {};  // sweeps and trials
  int priority = 0;
  std::string note = {};               // of the verb note
  std::vector<std::string> tags = {};  // of tag and untag
};
ExitCode control_command(const Context& context, const ControlOptions& options);

// The note of a sweep or trial, or its tags.
ExitCode annotation_command(const Context& context, storage::ControlVerb verb, const std::string& target);

ExitCode explain_command(const Context& context, const std::string& trial);  // id or unique prefix

ExitCode list_command(const Context& context);
struct StatusOptions {
  std::string sweep = {};  // empty: all sweeps
  std::string tag = {};    // only sweeps, or trials of the sweep, that have it; empty: all
};
ExitCode status_command(const Context& context, const StatusOptions& options);
ExitCode watch_status_command(const Context& context, const StatusOptions& options);  // again and again, until it ended
ExitCode show_command(const Context& context, const std::string& trial);              // id or unique prefix

struct LogsOptions {
  std::string trial;    // id or unique prefix
  int attempt = 0;      // 0: the newest
  bool follow = false;  // goes on until the attempt has ended
};
ExitCode logs_command(const Context& context, const LogsOptions& options);

struct RepresentationsOptions {
  std::string trial;       // id or unique prefix
  bool tsne = false;       // in place of principal components
  double perplexity = 30;  // of t-SNE
  int components = 2;      // of principal components
  int utterances = 0;      // the most; 0: all
};
// Where they are in a plane, and how far apart.
ExitCode representations_command(const Context& context, const RepresentationsOptions& options);

struct WaitOptions {
  std::vector<std::string> sweeps;  // names or numbers
  std::string timeout = {};         // "90", "90s", "10m", "2h"; empty: none
};
ExitCode wait_command(const Context& context, const WaitOptions& options);

struct ReproduceOptions {
  std::string trial;   // id or unique prefix
  std::string keep;    // folder that keeps the job, its fold and the trainer's log; empty: none
  std::string device;  // auto, cpu, cuda; empty: what the trial ran on
  std::string corpus;  // its folder; empty: where it was
};
// done: every number is the same, bit for bit; some_failed: some differ.
ExitCode reproduce_command(const Context& context, const ReproduceOptions& options);

struct ResultsOptions {
  std::string sweep = {};     // name or number
  std::string table = {};     // export only: trials, metrics, predictions, results, resolved
  std::string select = {};    // last, best-validation, best-test; empty: the sweep's own
  std::string metric = {};    // decides the best epoch; empty: the sweep's own
  std::string baseline = {};  // results only: a configuration; empty: no tests
  bool audit = false;         // results only: under every rule, instead
  bool intervals = false;     // results only: intervals in place of the sd
  bool utterances = false;    // results only: over utterances instead of folds
};
ExitCode results_command(const Context& context, const ResultsOptions& options);
ExitCode export_command(const Context& context, const ResultsOptions& options);

ExitCode serve_command(const Context& context, int port);

struct ExtractOptions {
  std::string folder;     // of a corpus with recordings
  std::string audio;      // a method; empty: none
  std::string text;       // a method; empty: none
  std::string model;      // folder of the text method's model; empty: none
  std::string device;     // where the model computes: auto, cpu or cuda; empty: auto
  std::string opensmile;  // folder of the package, or of its environment; empty: it is looked for
  int jobs = 0;           // utterances at a time; 0: one a core
  bool replace = false;
};
// done: the features stand in the folder; some_failed: some utterances have none, nothing was written; paused: by a
// signal.
ExitCode extract_command(const Context& context, const ExtractOptions& options);

// slurm: of the nodes that a job with these options gets, instead of this machine.
ExitCode doctor_command(const Context& context, const std::optional<SlurmOptions>& slurm);

struct BenchOptions {
  std::string shapes = "all";  // msp-improv, iemocap, all
  int workers = 0;             // 0: as many as the GPUs take, or one for each core this process may use
  int stack = 0;               // 0: as mer chooses
  int epochs = 10;
};
ExitCode bench_command(const Context& context, const BenchOptions& options);

}  // namespace mer::cli
