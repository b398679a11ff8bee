// ResultWriter and ResultReader: the seam to the database. SqliteStore is the real one, MemoryStore the stand-in; both
// pass tests/storage/conformance. One process writes, through one ResultWriter; any number of readers read.
//
// Contract: a trial's metrics are durable before its final state (commit() is one transaction, applied in order);
// a write that names an attempt other than the trial's current one is refused as stale, the rest of its batch is kept
// and the refused writes are reported; writing the same row twice changes nothing.
// Threads: a writer or reader belongs to one thread at a time. Errors: no_space and io leave the store as it was
// before the call; busy: another process holds the store.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "core/ids.hpp"
#include "core/messages.hpp"
#include "core/records.hpp"
#include "core/result.hpp"
#include "core/sweep.hpp"
#include "core/trial.hpp"
#include "storage/annotation.hpp"
#include "storage/control.hpp"

namespace mer::storage {

// --- what is submitted ---
struct FoldRecord {
  FoldId id;
  std::string name;
  std::int64_t train = 0, validation = 0, test = 0;  // utterances
  std::string file;                                  // folds/<hash>.json, relative to the store
  bool operator==(const FoldRecord&) const = default;
};

struct CorpusRecord {
  CorpusId id;
  std::string name;
  std::string path;  // absolute
  std::int64_t utterances = 0;
  std::vector<std::string> labels;
  std::string facts_json;  // an object: what the corpus held (data/corpus_summary.hpp)
  bool operator==(const CorpusRecord&) const = default;
};

// A trial of a submission: positions into the submission's configurations and folds. Trials of one fold group (same
// configuration and seed) follow each other.
struct PlannedTrial {
  TrialSpec spec;
  int configuration = 0;
  int fold = 0;
};

// The test part of a fold, in the order of Selected::probabilities: what predictions are read with.
struct TestPart {
  std::vector<std::string> utterances;
  std::vector<int> truth;                   // position in CorpusRecord::labels
  std::vector<std::string> dialogues = {};  // of the utterances; empty: an older version submitted it
  bool operator==(const TestPart&) const = default;
};

struct Submission {
  Sweep sweep;
  std::vector<CorpusRecord> corpora;
  std::vector<FoldRecord> folds;
  std::vector<TestPart> test_parts;  // of `folds`, in the same order; empty: predictions() answers not_found
  std::vector<PlannedTrial> trials;
  std::string code_version;
  double submitted_at = 0;  // Unix time
  int priority = 0;
  bool fresh = false;  // takes no result that the store has
};

// --- what the scheduler starts from ---
struct TrialProgress {
  TrialSpec spec;
  TrialState state = TrialState::pending;
  int attempt = 0;                            // highest claimed; 0: none yet
  int crashes = 0;                            // attempts charged against max_attempts
  std::vector<CheckpointRecord> checkpoints;  // committed, newest first, at most two
  std::string group = {};                     // that has the attempt which runs; empty: none that outlives its run
};

// --- writes ---
// An attempt begins: the trial is running, its attempt number rises to `attempt`, one crash is charged.
struct Claim {
  TrialId trial;
  int attempt = 0;
  int worker = 0;
  std::string host;
  double at = 0;
  std::string group = {};  // of another job, that its worker belongs to; empty: the coordinator's own job
};
// One report of the trial's current attempt. The end of an attempt moves the trial: finished -> done, diverged ->
// diverged, stopped -> pending with its crash refunded, failed -> `after_failure`.
struct Recorded {
  Report report;
  TrialState after_failure = TrialState::pending;  // pending (will be retried) or failed
  bool refund = false;                             // AttemptFailed only: the crash is not charged (lost worker)
  double at = 0;
};
// Charged crashes of a trial were its node's fault: they are given back, and if they have made it fail, it waits again.
struct Refunded {
  TrialId trial;
  int crashes = 0;
};
using StoreWrite = std::variant<Claim, Recorded, Refunded>;

struct CommitOutcome {
  std::vector<std::size_t> stale;  // positions in the batch that were refused
};

class ResultWriter {
 public:
  virtual ~ResultWriter() = default;

  // Idempotent: the newest sweep of this name with equal resolved_json and equal trials is the answer, no longer
  // paused, its corpora where the submission says, unless that is fresh. Dialogues that an older version left out of
  // test parts are added. Changed settings, and a corpus or a fold file
  // whose content has changed in place, make a new one. A trial that another sweep has and that has not ended is
  // shared. One that is done or diverged by the same code is reused. Any other that has ended is superseded
  // (control.hpp) and run anew, its attempts going on from the highest number.
  virtual Result<SweepId> submit(const Submission& submission) = 0;

  // A coordinator begins: raises the store's lease epoch and hands every trial that the last one's own job ran back to
  // pending with its crash refunded (its process died with the MPI job). Those that groups of other jobs run go on
  // running: TrialProgress names the group, which may come back. Later writes check that the epoch is still this
  // writer's: Error stale.
  virtual Status begin_session(const std::string& host, std::int64_t pid, double at) = 0;

  // The session's sign of life, for a second coordinator that asks who holds the store.
  virtual Status beat(double at) = 0;

  virtual Result<CommitOutcome> commit(std::span<const StoreWrite> writes) = 0;

  // Error not_found: no such sweep or trial; then nothing is changed.
  virtual Result<Controlled> control(const Control& control) = 0;

  // The sweep's trials in submission order, one after the other: each once, though two configurations may share one.
  virtual Status each_trial(SweepId sweep, const std::function<void(TrialProgress)>& take) = 0;
  Result<std::vector<TrialProgress>> progress(SweepId sweep);
};

// --- reads ---
struct StateCounts {
  std::int64_t pending = 0, running = 0, done = 0, failed = 0, diverged = 0, cancelled = 0;
  std::int64_t left() const { return pending + running; }  // that have not ended
  StateCounts& operator+=(const StateCounts& other);
  std::int64_t total() const { return pending + running + done + failed + diverged + cancelled; }
  bool operator==(const StateCounts&) const = default;
};

struct SweepSummary {
  SweepId id;
  std::string name;
  double submitted_at = 0;
  StateCounts counts;
  SweepActivity activity = SweepActivity::active;
  int priority = 0;
  std::int64_t reused = 0;     // trials that had their result when it was submitted
  std::int64_t annotated = 0;  // rises whenever it or a trial of it is annotated
  Annotation annotation = {};
};

struct ConfigurationRow {
  ConfigurationId id;
  std::vector<std::pair<std::string, std::string>> differing;  // key, JSON text
  std::string settings_json;
};

struct SweepDetail {
  SweepSummary summary;
  std::string resolved_json;
  std::string code_version;
  SelectSettings select;
  std::vector<std::uint64_t> seeds;
  std::vector<ConfigurationRow> configurations;
  std::vector<FoldRecord> folds;
  std::vector<CorpusRecord> corpora;
  std::vector<Published> published;
};

struct TrialRow {
  TrialId id;
  int configuration = 0;  // position in SweepDetail.configurations
  int fold = 0;           // position in SweepDetail.folds
  std::uint64_t seed = 0;
  TrialState state = TrialState::pending;
  int attempt = 0;
  int crashes = 0;
  int epoch = 0;                 // highest recorded
  int epochs = 0;                // planned
  std::string message;           // why it failed, diverged or was cancelled, one line
  bool reused = false;           // it had its result when the sweep was submitted
  std::optional<Scores> scores;  // under the sweep's selection rule; set when done
  Annotation annotation = {};
};

struct AttemptRow {
  int attempt = 0;
  int worker = 0;
  std::string host;
  double started_at = 0;
  std::optional<double> ended_at;
  std::string outcome;  // running, finished, diverged, stopped (by people too), failed, lost
  int resumed_epoch = 0;
  std::optional<Environment> environment;
  std::optional<Failure> failure;
  std::vector<std::string> refused_checkpoints;  // file and reason of each unusable one
};

// An attempt of a sweep's trial as a timeline shows it; or the trial itself, which waits for one or was cancelled.
struct TimelineEntry {
  TrialId trial;
  int configuration = 0;  // as in TrialRow
  int fold = 0;
  std::uint64_t seed = 0;
  int attempt = 0;  // 0: of none
  int worker = 0;
  std::string host;
  std::string group;                 // of another job, that the worker belongs to
  std::optional<double> queued_at;   // submitted, or its last attempt ended; nullopt: it began before the submission
  std::optional<double> started_at;  // nullopt: of no attempt
  std::optional<double> ended_at;
  std::string outcome;  // of an attempt as in AttemptRow; else the trial's state, pending or cancelled
  int resumed_epoch = 0;
  std::string message;  // why it failed, diverged or was cancelled
  bool operator==(const TimelineEntry&) const = default;
};

// A part of a sweep's entries. By their start, those without one last, then by position and attempt: what has ended
// stays where it is. Attempts that made a result before the sweep took it are not among them.
struct Timeline {
  std::int64_t total = 0;
  std::vector<TimelineEntry> entries;
  bool operator==(const Timeline&) const = default;
};

struct TrialDetail {
  TrialSpec spec;
  TrialRow row;
  std::vector<SweepId> sweeps;  // that contain it
  std::vector<AttemptRow> attempts;
  std::vector<CheckpointRecord> checkpoints;
  std::optional<TrialResult> result;  // probabilities left out (see predictions)
  std::vector<EpochTiming> timings;   // of the curve
};

// One configuration's number: per fold the mean over seeds, then mean and sd (n-1) over folds; with one fold, over
// seeds. An incomplete group (n < expected_n) or a value that is not finite has no mean and no sd.
struct Aggregate {
  std::optional<double> mean;
  std::optional<double> sd;  // nullopt too when n == 1
  int n = 0;
  int expected_n = 0;
  bool over_seeds = false;                    // one fold: n counts seeds
  std::vector<std::optional<double>> points;  // per fold (or per seed), in order; nullopt: not complete
};

struct ResultRow {
  int configuration = 0;
  std::vector<int> folds;  // its own, in the order of the points: positions in SweepDetail::folds
  Aggregate wa, ua, macro_f1, weighted_f1;
};

// A trial's confusion matrix on the test part under a rule.
struct TrialConfusion {
  TrialId trial;
  int configuration = 0;  // as in TrialRow
  int fold = 0;
  std::uint64_t seed = 0;
  ConfusionMatrix confusion;
  bool operator==(const TrialConfusion&) const = default;
};

struct Prediction {
  std::string utterance;
  std::string dialogue;  // empty: an older version submitted it
  int truth = 0;
  int predicted = 0;
  std::vector<float> probabilities;
};

// Of which configurations to read: their positions in SweepDetail::configurations, in any order; empty: of every one.
// A position that a sweep does not have is none.
using Configurations = std::vector<int>;

class ResultReader {
 public:
  virtual ~ResultReader() = default;

  virtual Result<std::vector<SweepSummary>> sweeps() = 0;  // newest first
  // By number ("1") or by name (the newest of that name). Error not_found names the nearest.
  virtual Result<SweepId> find_sweep(const std::string& name_or_number) = 0;
  virtual Result<SweepDetail> sweep(SweepId id) = 0;
  // In submission order.
  virtual Result<std::vector<TrialRow>> trials(SweepId id, const Configurations& only) = 0;
  Result<std::vector<TrialRow>> trials(SweepId id) { return trials(id, {}); }
  // `limit` entries after the first `offset`; 0: all of them.
  virtual Result<Timeline> timeline(SweepId id, std::int64_t offset, std::int64_t limit) = 0;
  // By id or by a prefix of at least 4 digits that is unique in the store; a superseded one by its whole name.
  virtual Result<TrialId> find_trial(const std::string& prefix) = 0;
  virtual Result<TrialDetail> trial(const TrialId& id) = 0;
  // The curve: for each epoch the row of the highest attempt; ascending by epoch.
  virtual Result<std::vector<EpochRow>> curve(const TrialId& id, Split split) = 0;
  // One row for each configuration, in order. `metric` is the one by which best-validation and best-test chose their
  // epoch; `last` takes no notice of it.
  virtual Result<std::vector<ResultRow>> results(SweepId id, SelectionRule rule, Metric metric,
                                                 const Configurations& only) = 0;
  Result<std::vector<ResultRow>> results(SweepId id, SelectionRule rule, Metric metric) {
    return results(id, rule, metric, {});
  }
  // Of every trial of the sweep that has one under the rule, in submission order. `metric` as in results().
  virtual Result<std::vector<TrialConfusion>> confusions(SweepId id, SelectionRule rule, Metric metric,
                                                         const Configurations& only) = 0;
  Result<std::vector<TrialConfusion>> confusions(SweepId id, SelectionRule rule, Metric metric) {
    return confusions(id, rule, metric, {});
  }
  // The test split under a rule; error not_found while the trial is not done or the fold has no validation part.
  // `metric` as in results().
  virtual Result<Selected> selected(const TrialId& id, SelectionRule rule, Metric metric) = 0;
  // The same, utterance by utterance in the fold's test order; `predicted` is the first of the highest probabilities.
  virtual Result<std::vector<Prediction>> predictions(const TrialId& id, SelectionRule rule, Metric metric) = 0;
  // How many different trials of the submission submit() would reuse.
  virtual Result<std::int64_t> count_reusable(const Submission& submission) = 0;
  // Raised by every submit, session, control and commit: what a live page compares.
  virtual Result<std::int64_t> data_version() = 0;
};

}  // namespace mer::storage
