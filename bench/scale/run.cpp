#include "bench/scale/run.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <malloc.h>

#include "storage/memory_store.hpp"
#include "storage/sqlite_store.hpp"
#include "storage/store_dir.hpp"
#include "tests/storage/builders.hpp"

namespace mer::scale {
namespace {

using namespace std::chrono_literals;
using orchestrator::TimePoint;

template <class Value>
Value or_die(Result<Value> result) {
  if (result) return std::move(result).value();
  std::fprintf(stderr, "%s\n", result.error().message.c_str());
  std::exit(1);
}

void or_die(const Status& status) {
  if (status) return;
  std::fprintf(stderr, "%s\n", status.error().message.c_str());
  std::exit(1);
}

storage::Submission submission_of(const Cluster& cluster) {
  storage::Submission submission =
      storage::test::submission_of({"scale", cluster.configurations(), kFolds, {0, 1, 2}, {}});
  submission.trials.resize(std::size_t(cluster.trials));
  for (storage::PlannedTrial& trial : submission.trials) {
    trial.spec.train.epochs = cluster.epochs;
    trial.spec.model.hidden = 100 + 4 * shape_of(cluster, trial.configuration);
  }
  return submission;
}

double heap_mib() {
  return double(::mallinfo2().uordblks) / (1 << 20);
}

}  // namespace

// A session's writer, whose commits take their time in the coordinator's life. What a store in memory would keep of
// epochs is left out: it is not what a coordinator holds.
class Run::Writer final : public storage::ResultWriter {
 public:
  Writer(std::unique_ptr<storage::ResultWriter> store, bool keeps_epochs, Random& random)
      : store_(std::move(store)), keeps_epochs_(keeps_epochs), random_(random) {}

  std::function<void(Time)> on_commit = [](Time) {};

  Result<SweepId> submit(const storage::Submission& submission) override { return store_->submit(submission); }
  Status begin_session(const std::string& host, std::int64_t pid, double at) override {
    return store_->begin_session(host, pid, at);
  }
  Status beat(double at) override { return store_->beat(at); }
  Result<storage::Controlled> control(const storage::Control& control) override { return store_->control(control); }
  Status each_trial(SweepId sweep, const std::function<void(storage::TrialProgress)>& take) override {
    return store_->each_trial(sweep, take);
  }
  Result<storage::CommitOutcome> commit(std::span<const storage::StoreWrite> writes) override {
    std::vector<storage::StoreWrite> kept;
    int rows = 0;
    for (const storage::StoreWrite& write : writes) {
      const auto* recorded = std::get_if<storage::Recorded>(&write);
      const auto* epoch = recorded == nullptr ? nullptr : std::get_if<EpochDone>(&recorded->report.event);
      if (epoch != nullptr) rows += int(epoch->rows.size());
      if (epoch == nullptr && !keeps_epochs_) kept.push_back(write);
    }
    on_commit(commit_time(random_, rows));
    return store_->commit(keeps_epochs_ ? writes : std::span<const storage::StoreWrite>(kept));
  }

 private:
  std::unique_ptr<storage::ResultWriter> store_;
  bool keeps_epochs_;
  Random& random_;
};

struct Run::Job {
  std::unique_ptr<Wires> wires;
  std::vector<std::unique_ptr<Worker>> workers;
  std::unique_ptr<WireTransport> transport;  // of rank 0
  std::unique_ptr<Writer> writer;
  std::unique_ptr<orchestrator::Coordinator> coordinator;
  std::unique_ptr<SchedulerProbe> probe;
  Time next_step{-1}, busy_until{};
  bool lives = true;
};

Run::Run(Options options) : options_(std::move(options)), random_(options_.cluster.seed) {
  const Cluster& cluster = options_.cluster;
  ledger_.last_epoch.resize(std::size_t(cluster.workers) + 1);
  const storage::Submission submission = submission_of(cluster);
  corpus_ = submission.corpora.front();
  for (const storage::PlannedTrial& trial : submission.trials) {
    work_ += trial_cost(cluster, trial.configuration, trial.fold, trial.spec.seed);
  }
  submitter_ = options_.sqlite.empty() ? std::make_unique<storage::MemoryStore>() : open_store();
  sweep_ = or_die(submitter_->submit(submission));
  if (!options_.sqlite.empty()) submitter_.reset();
}

Run::~Run() = default;

std::unique_ptr<storage::ResultWriter> Run::open_store() {
  if (options_.sqlite.empty()) return static_cast<storage::MemoryStore&>(*submitter_).reopen();
  return or_die(storage::SqliteStore::open(or_die(storage::StoreDir::create(options_.sqlite))));
}

Figures Run::run() {
  start_job();
  while (!over_ && queue_.run_next()) {
  }
  add_up();
  return std::move(figures_);
}

void Run::add_up() {
  const Cluster& cluster = options_.cluster;
  figures_.makespan = to_seconds(queue_.now());
  double speed = 0, unused = 0;
  for (int rank = 1; rank <= cluster.workers; ++rank) {
    const double own = 1 / slowness_of(cluster, rank);
    speed += own;
    unused += own * (figures_.makespan - to_seconds(ledger_.last_epoch[std::size_t(rank)]));
  }
  figures_.ideal = work_ / speed;
  figures_.tail = unused / (speed * figures_.makespan);
  figures_.redone = std::max(0.0, ledger_.trained - work_) / (speed * figures_.makespan);
  figures_.jobs = int(jobs_.size());
}

// --- jobs ---

void Run::start_job() {
  jobs_.push_back(std::make_unique<Job>());
  Job& job = *jobs_.back();
  queue_.after(job_start(random_), [this, &job] { start_coordinator(job); });
}

void Run::start_coordinator(Job& job) {
  const Cluster& cluster = options_.cluster;
  const double begin = cpu_seconds(), heap = heap_mib();
  job.writer = std::make_unique<Writer>(open_store(), !options_.sqlite.empty(), random_);
  or_die(job.writer->begin_session("host", 1, to_seconds(queue_.now())));
  job.wires = std::make_unique<Wires>(cluster.workers + 1, options_.faithful, queue_, random_, [this, &job](int rank) {
    if (rank > 0) return job.workers[std::size_t(rank - 1)]->wake();
    if (!job.lives) return;
    const auto pause = Time(job.coordinator->pause());
    plan_step(job, queue_.now() + Time(random_.between(0, pause.count())));
  });
  job.transport = std::make_unique<WireTransport>(*job.wires, 0);
  job.writer->on_commit = [this, &job](Time took) {
    job.transport->delay = took;
    job.busy_until = queue_.now() + took;
  };
  orchestrator::SweepToRun sweep = load(*job.writer);
  const auto for_probe = sweep;
  orchestrator::CoordinatorSettings settings;
  settings.store = "/store";
  settings.unix_time = [this] { return 1.7e9 + to_seconds(queue_.now()); };
  job.coordinator = std::make_unique<orchestrator::Coordinator>(settings, *job.transport, *job.writer,
                                                                std::vector{std::move(sweep)}, [](const auto&) {});
  const double took = cpu_seconds() - begin;
  figures_.coordinator += took;
  figures_.restart = std::max(figures_.restart, took);
  if (jobs_.size() == 1) figures_.taken_up_mib = heap_mib() - heap;
  job.probe = std::make_unique<SchedulerProbe>(for_probe, figures_.scheduler);
  job.transport->watch = [this, &job](const auto& taken) {
    const double before = cpu_seconds();
    job.probe->hear(taken, TimePoint(queue_.now()));
    probing_ += cpu_seconds() - before;
  };
  for (int rank = 1; rank <= cluster.workers; ++rank) {
    const Trainer::Site site{cluster, queue_, random_, ledger_, rank, slowness_of(cluster, rank)};
    job.workers.push_back(std::make_unique<Worker>(site, *job.wires));
    job.workers.back()->wake();
  }
  plan_losses(job);
  plan_step(job, queue_.now());
}

// As a coordinator's program does, but for the sweep's text.
orchestrator::SweepToRun Run::load(storage::ResultWriter& writer) const {
  orchestrator::SweepToRun sweep;
  sweep.id = sweep_;
  sweep.resources.stack = 1;  // what trainers on a CPU find by themselves
  sweep.corpora[corpus_.id] = corpus_.path;
  or_die(writer.each_trial(sweep_, [&](storage::TrialProgress trial) { sweep.add(std::move(trial)); }));
  return sweep;
}

// --- the coordinator ---

void Run::plan_step(Job& job, Time when) {
  when = std::max(when, job.busy_until);
  const bool planned = job.next_step >= queue_.now();
  if (!job.lives || (planned && job.next_step <= when)) return;
  job.next_step = when;
  queue_.at(when, [this, &job, when] {
    if (job.lives && when == job.next_step) step(job);
  });
}

void Run::step(Job& job) {
  job.next_step = Time(-1);
  job.transport->delay = {};
  probing_ = 0;
  const double begin = cpu_seconds();
  const std::optional<ExitCode> code = job.coordinator->step(TimePoint(queue_.now()));
  figures_.coordinator += cpu_seconds() - begin - probing_;
  ++figures_.rounds;
  job.probe->end_round(TimePoint(queue_.now()));
  if (code) {
    over_ = *code == ExitCode::done && job.probe->count(TrialState::done) == options_.cluster.trials;
    if (over_) return;
    std::fprintf(stderr, "the coordinator left with %d\n", int(*code));
    std::exit(1);
  }
  const Time pause = options_.faithful ? Time(job.coordinator->pause()) : Time(250ms);
  plan_step(job, std::max(queue_.now(), job.busy_until) + pause);
}

// --- nodes ---

// Losses of all nodes together are a Poisson process.
void Run::plan_losses(Job& job) {
  const Cluster& cluster = options_.cluster;
  if (cluster.node_mtbf_h <= 0) return;
  const double mean = cluster.node_mtbf_h * 3600 / cluster.nodes();
  const double uniform = (double(random_.next() >> 11) + 0.5) * 0x1.0p-53;
  queue_.after(from_seconds(-mean * std::log(uniform)), [this, &job] { lose_node(job); });
}

// Slurm or merctl starts the next job on the other nodes and a spare one.
void Run::lose_node(Job& job) {
  if (over_) return;
  for (const auto& worker : job.workers) worker->die();
  job.lives = false;
  job.coordinator.reset();
  job.writer.reset();
  queue_.after(loss_noticed(random_), [this] { start_job(); });
}

}  // namespace mer::scale
