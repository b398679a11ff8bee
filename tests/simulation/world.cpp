#include "tests/simulation/world.hpp"

#include <algorithm>
#include <cmath>
#include <spdlog/spdlog.h>
#include <utility>

#include "tests/simulation/job.hpp"

namespace mer::simulation {

using namespace std::chrono_literals;

namespace {

constexpr Time kLongestRun = 30min;
constexpr Time kAfterwards = 10min;  // for zombies to go

}  // namespace

Outcome simulate(std::uint64_t seed, bool with_trace, Mutation mutation) {
  return World(plan_of(seed), with_trace, mutation).run();
}

void silence_logs() {
  spdlog::set_level(spdlog::level::off);
}

World::World(const Plan& plan, bool with_trace, Mutation mutation)
    : plan_(plan),
      mutation_(mutation),
      random_(~plan.seed),
      trace_(with_trace, queue_),
      history_(plan_, trace_),
      store_(plan.sqlite || mutation == Mutation::overwrites_results) {}

Outcome World::run() {
  trace_.line("plan", describe(plan_));
  for (const PlannedSweep& sweep : plan_.sweeps) {
    if (sweep.late) continue;
    history_.submitted(0, sweep.submission, store_.open()->submit(sweep.submission).value());
  }
  ask_for_late_sweeps();
  next_job();
  Outcome outcome;
  std::optional<Time> end;
  while (!history_.breach() && !(over_ && !anybody_lives())) {
    const bool late = queue_.now() > end.value_or(kLongestRun);
    if (late || !queue_.run_next()) {
      outcome.breach = over_ ? "processes of ended jobs live on" : "the sweeps do not end";
      break;
    }
    if (over_ && !end) end = queue_.now() + kAfterwards;
  }
  if (!outcome.breach && !history_.breach()) {
    if (mutation_ == Mutation::overwrites_results) store_.overwrite_superseded_results();
    history_.compare(*store_.reader(), *store_.open());
    history_.compare_end(*store_.reader());
  }
  if (history_.breach()) outcome.breach = history_.breach();
  outcome.trace = trace_.text();
  outcome.jobs = int(jobs_.size());
  outcome.took = queue_.now();
  return outcome;
}

void World::start_job(SweepId named) {
  jobs_.push_back(std::make_unique<Job>());
  Job& job = *jobs_.back();
  job.number = int(jobs_.size());
  job.named = named;
  job.calm = job.number > 8 ? 0 : std::pow(0.6, job.number - 1);
  job.offset = Time(random_.between(0, 1'000'000'000));
  job.name = "job " + std::to_string(job.number) + " ";
  job.alone = plan_.groups > 0 && random_.chance(plan_.alone);
  const int workers = job.alone ? 0 : plan_.workers;
  job.network = std::make_unique<Network>(workers + 1, plan_, queue_, random_, [this, &job](int rank) {
    if (rank > 0) return job.workers[std::size_t(rank - 1)]->wake();
    plan_coordinator_step(job, queue_.now() + Time(random_.between(100, 10'000)));
  });
  job.ranks = std::make_unique<SimTransport>(*job.network, 0);
  for (int rank = 1; rank <= workers; ++rank) add_worker(job, rank);
  trace_.line(job.name + "coordinator", "begins");
  queue_.after(Time(random_.between(100'000, 500'000)), [this, &job] { start_coordinator(job); });
  plan_faults(job);
  if (plan_.job_seconds > 0) plan_end_of_time(job);
  if (job.alone) keep_company(job);
}

// As a batch system: kills everything, and may ask for a pause some time before.
void World::plan_end_of_time(Job& job) {
  const Time whole(std::int64_t(plan_.job_seconds * 1e6));
  job.killed_at = queue_.now() + whole;
  const bool warns = random_.chance(0.5);
  queue_.at(job.killed_at - whole / 6, [this, &job, warns] {
    if (!job.ended && warns) ask_for_pause(job);
  });
  queue_.at(job.killed_at, [this, &job] {
    if (job.ended) return;
    lose_coordinator(job, "is killed: its job's time is over");
    abort(job);
  });
}

void World::add_worker(Job& job, int rank) {
  const Trainer::World world{job.number, plan_, queue_, random_, history_};
  const std::string host = "node" + std::to_string(rank);
  const double trouble = host == plan_.bad_host ? 0.95 : plan_.trainer_faults * job.calm;
  job.workers.push_back(std::make_unique<SimWorker>(world, trace_, *job.network, rank, host,
                                                    job.name + "worker " + std::to_string(rank), trouble, mutation_));
  SimWorker* const worker = job.workers.back().get();
  worker->on_exit = [this, &job, rank](ExitCode code) { worker_exits(job, rank, code); };
  worker->worker_of_rank = [&job](int other) { return job.workers[std::size_t(other - 1)].get(); };
  worker->on_report = [this, &job, rank](const Report& report) {
    Job& newest = *jobs_.back();
    if (&newest == &job || rank > int(newest.workers.size()) || plan_.leaks == 0 || !random_.chance(plan_.leaks))
      return;
    trace_.line(job.name + "zombie", "reaches the next coordinator: " + text_of(report, history_.names()));
    newest.network->send(rank, 0, report);
  };
  queue_.after(Time(random_.between(0, 800'000)), [worker] { worker->begin(); });
}

// --- the coordinator ---

void World::start_coordinator(Job& job) {
  if (!job.coordinator_lives) return;
  job.writer = std::make_unique<SimWriter>(store_.open(), disk_, queue_, history_, mutation_);
  job.writer->on_slow = [this, &job](Time slowness) {
    trace_.line(job.name + "coordinator", "waits for its disk");
    job.ranks->delay = slowness;
    job.stalled_until = std::max(job.stalled_until, queue_.now() + slowness);
  };
  const Status begun = job.writer->begin_session("host", 1, wall_offset_);
  if (!begun) return lose_coordinator(job, "cannot begin: " + begun.error().message);
  job.reader = store_.reader();
  history_.compare(*job.reader, *job.writer);
  try {
    std::vector<orchestrator::SweepToRun> sweeps = sweeps_to_run(job);
    const Status handed_back = orchestrator::hand_back_others(*job.reader, *job.writer, sweeps, calendar());
    if (!handed_back) return lose_coordinator(job, "cannot begin: " + handed_back.error().message);
    open_gate(job);
    job.coordinator = std::make_unique<orchestrator::Coordinator>(settings(job), *job.transport, *job.writer,
                                                                  std::move(sweeps), [](const auto&) {});
  } catch (const Killed&) {
    return lose_coordinator(job, "is killed as it begins");
  }
  plan_coordinator_step(job, queue_.now());
}

void World::open_gate(Job& job) {
  const std::size_t most = plan_.batches ? 1000 : 1;
  job.ranks->most = most;
  job.lines = std::make_shared<Lines>(
      queue_, random_, [this, &job] { plan_coordinator_step(job, queue_.now() + Time(random_.between(100, 10'000))); });
  job.port = job.lines->coordinator_port(most);
  transport::LinkOptions options;
  options.session = job.name + "coordinator";
  options.gang = plan_.gang;
  options.clock = [this, &job] { return TimePoint(queue_.now() + job.offset); };
  job.linked = std::make_unique<transport::LinkedTransport>(*job.ranks, *job.port, options);
  job.transport = std::make_unique<WatchedTransport>(*job.linked);
  job.transport->confirms_early = mutation_ == Mutation::confirms_early;
  watch(job);
}

void World::watch(Job& job) {
  const int session = job.writer->session();
  job.transport->watch_taken = [this, session](int from, const Message& message) {
    history_.heard(session, from, message);
  };
  job.transport->watch_arrival = [this, session](transport::Arrival& arrival) {
    history_.arrives(session, arrival);
    if (mutation_ == Mutation::forgets_held) arrival.held.clear();
  };
  job.transport->watch_departures = [this, session](const transport::Departures& departures) {
    history_.departs(session, departures);
  };
  job.transport->watch_sent = [this, &job](int to, const Message& message) {
    history_.sends(to, message);
    if (trace_.wanted() && !std::holds_alternative<Beat>(message)) {
      trace_.line(job.name + "coordinator", "-> " + std::to_string(to) + ": " + text_of(message, history_.names()));
    }
    if (std::exchange(job.killed_while_sending, false)) throw Killed();
  };
}

std::vector<orchestrator::SweepToRun> World::sweeps_to_run(Job& job) {
  std::vector<orchestrator::SweepToRun> sweeps;
  if (plan_.sqlite) {
    sweeps = orchestrator::sweeps_to_run(*job.reader, *job.writer, job.named).value();
  } else {
    for (const storage::SweepSummary& sweep : job.reader->sweeps().value()) {
      const bool is_active = sweep.activity == storage::SweepActivity::active;
      const bool has_work = sweep.counts.running > 0 || (is_active && sweep.counts.left() > 0);
      if (sweep.id == job.named || has_work) sweeps.push_back(load_sweep(job, sweep.id).value());
    }
    std::ranges::reverse(sweeps);
  }
  for (orchestrator::SweepToRun& sweep : sweeps) {
    if (plan_.job_seconds > 0) (void)read_epoch_times(*job.reader, sweep);
    sweep = distorted(std::move(sweep));
    history_.takes_up(job.writer->session(), scheduled(sweep));
  }
  return sweeps;
}

// As a coordinator's program does; over a store in memory without the sweep's text, which takes long to parse.
Result<orchestrator::SweepToRun> World::load_sweep(Job& job, SweepId id) {
  if (plan_.sqlite) return orchestrator::load_sweep(*job.reader, *job.writer, id);
  MER_ASSIGN(const std::vector<storage::SweepSummary> summaries, job.reader->sweeps());
  const auto summary = std::ranges::find(summaries, id, &storage::SweepSummary::id);
  const auto planned = std::ranges::find_if(
      plan_.sweeps, [&](const PlannedSweep& sweep) { return sweep.submission.sweep.name == summary->name; });
  orchestrator::SweepToRun sweep;
  sweep.id = id;
  sweep.priority = summary->priority;
  sweep.active = summary->activity == storage::SweepActivity::active;
  sweep.max_attempts = plan_.max_attempts;
  sweep.resources = planned->submission.sweep.resources;
  for (const auto& corpus : planned->submission.corpora) sweep.corpora[corpus.id] = corpus.path;
  MER_TRY(job.writer->each_trial(id, [&](storage::TrialProgress trial) { sweep.add(std::move(trial)); }));
  return sweep;
}

orchestrator::SweepToRun World::distorted(orchestrator::SweepToRun sweep) const {
  if (mutation_ == Mutation::one_attempt_too_many) ++sweep.max_attempts;
  if (mutation_ == Mutation::last_first) std::ranges::reverse(sweep.trials);
  if (mutation_ == Mutation::ignores_pauses) sweep.active = true;
  if (mutation_ == Mutation::ignores_priority) sweep.priority = 0;
  if (mutation_ == Mutation::favours_the_first) sweep.priority = favouring(sweep.id, sweep.priority);
  return sweep;
}

orchestrator::CoordinatorSettings World::settings(Job& job) {
  orchestrator::CoordinatorSettings settings;
  settings.store = "/store";
  settings.gang = plan_.gang;
  settings.scheduler.node_crashes = plan_.node_crashes;
  if (plan_.node_crashes > 0) settings.nodes = node_book(job.writer->session());
  settings.unix_time = [this] { return calendar(); };
  if (plan_.job_seconds > 0) {
    job.ends_at = calendar() + double((job.killed_at - queue_.now()).count()) / 1e6;
    settings.ends_at = mutation_ == Mutation::ignores_limit ? 0 : job.ends_at;
    settings.job_seconds = plan_.job_seconds;
  }
  settings.load_sweep = [this, &job](SweepId id) -> Result<orchestrator::SweepToRun> {
    MER_ASSIGN(orchestrator::SweepToRun sweep, load_sweep(job, id));
    if (plan_.job_seconds > 0) MER_TRY(read_epoch_times(*job.reader, sweep));
    const bool is_active = sweep.active;
    sweep = distorted(std::move(sweep));
    if (is_active) history_.takes_up(job.writer->session(), scheduled(sweep));
    return sweep;
  };
  return settings;
}

orchestrator::NodeBook World::node_book(int session) {
  orchestrator::NodeBook book;
  book.excluded = [this, session] {
    history_.excludes(session, excluded_);
    return mutation_ == Mutation::ignores_exclusion ? std::set<std::string>() : excluded_;
  };
  book.exclude = [this, session](const std::string& host, const std::string& why) {
    trace_.line("node book", host + " is excluded: " + why);
    excluded_.insert(host);
    history_.excludes(session, excluded_);
    return Status();
  };
  book.include = [this, session](const std::string& host) {
    trace_.line("node book", host + " is taken back");
    excluded_.erase(host);
    history_.excludes(session, excluded_);
    return Status();
  };
  return book;
}

void World::plan_coordinator_step(Job& job, Time when) {
  when = std::max(when, job.stalled_until);
  const bool planned = job.next_step >= queue_.now();
  if (!job.coordinator || (planned && job.next_step <= when)) return;
  job.next_step = when;
  queue_.at(when, [this, &job, when] {
    if (job.coordinator && when == job.next_step) step_coordinator(job);
  });
}

void World::step_coordinator(Job& job) {
  job.next_step = Time(-1);
  if (queue_.now() < job.stalled_until) return plan_coordinator_step(job, job.stalled_until);
  const TimePoint now(queue_.now() + job.offset);
  const int session = job.writer->session();
  job.ranks->delay = {};
  history_.begin_step(session, now);
  if (const double ends_at = std::exchange(job.ends_at, 0); ends_at > 0) {
    history_.limited(session, std::chrono::duration<double>(ends_at - calendar()));
  }
  try {
    answer(job, now);
    const std::optional<ExitCode> code = job.coordinator->step(now);
    history_.end_step(session, !code);
    if (code) return coordinator_leaves(job, *code);
  } catch (const Killed&) {
    return lose_coordinator(job, "is killed in the middle of a round");
  }
  const bool mail = job.network->has_mail(0) || job.lines->has_mail() || !job.asks.empty();
  plan_coordinator_step(
      job, queue_.now() + Time(mail ? random_.between(1000, 10'000) : random_.between(700'000, 1'200'000)));
}

void World::coordinator_leaves(Job& job, ExitCode code) {
  trace_.line(job.name + "coordinator", "leaves with " + std::to_string(int(code)));
  history_.left(job.writer->session(), code);
  job.coordinator.reset();
  settle(job, queue_.now() + 3s, code);
}

// Until groups of other jobs have heard that they may go.
void World::settle(Job& job, Time give_up, ExitCode code) {
  if (!job.coordinator_lives) return;
  if (!job.linked->flushed() && queue_.now() < give_up) {
    (void)job.linked->poll();
    return queue_.after(Time(random_.between(5'000, 10'000)),
                        [this, &job, give_up, code] { settle(job, give_up, code); });
  }
  drop_coordinator(job);
  const bool ended_well = code == ExitCode::done || code == ExitCode::some_failed || code == ExitCode::paused;
  if (!ended_well) return abort(job);
  end_job_if_all_left(job);
  queue_.after(12s, [this, &job] { abort(job); });
}

void World::lose_coordinator(Job& job, const std::string& why) {
  if (!job.coordinator_lives) return;
  trace_.line(job.name + "coordinator", why);
  drop_coordinator(job);
  abort(job);
}

void World::drop_coordinator(Job& job) {
  job.coordinator.reset();
  if (job.lines) job.lines->close();
  job.transport.reset();
  job.linked.reset();
  job.reader.reset();
  job.writer.reset();
  job.coordinator_lives = false;
  for (const Ask& ask : std::exchange(job.asks, {})) {
    --asks_;
    plan_ask(Time(random_.between(500'000, 4'000'000)), ask);
  }
}

// --- ends of jobs ---

void World::worker_exits(Job& job, int /*rank*/, ExitCode code) {
  if (code != ExitCode::done) return abort(job);
  end_job_if_all_left(job);
}

void World::end_job_if_all_left(Job& job) {
  bool any = job.coordinator_lives;
  for (const auto& worker : job.workers) any = any || worker->alive();
  if (!any) end_job(job);
}

// As mpirun: when one process is gone, it kills the others, those that it can reach.
void World::abort(Job& job) {
  if (job.aborted || job.ended) return;
  job.aborted = true;
  for (int rank = 0; rank <= int(job.workers.size()); ++rank) {
    if (random_.chance(plan_.zombies * job.calm)) {
      trace_.line(job.name + "rank " + std::to_string(rank), "cannot be killed");
      continue;
    }
    queue_.after(Time(random_.between(100'000, 2'500'000)), [this, &job, rank] {
      if (rank > 0) return job.workers[std::size_t(rank - 1)]->die();
      drop_coordinator(job);
    });
  }
  queue_.after(2600ms, [this, &job] { end_job(job); });
}

void World::end_job(Job& job) {
  if (std::exchange(job.ended, true)) return;
  queue_.after(Time(random_.between(500'000, 3'000'000)), [this] { next_job(); });
}

// A person runs a sweep that has work, and resumes what rests while there is none.
void World::next_job() {
  std::vector<SweepId> work;
  for (const storage::SweepSummary& sweep : store_.reader()->sweeps().value()) {
    const bool waits = sweep.counts.left() > 0;
    if (waits && sweep.activity == storage::SweepActivity::active) work.push_back(sweep.id);
  }
  if (work.empty() || random_.chance(0.3)) resume_what_rests();
  if (!work.empty()) return start_job(work[std::size_t(random_.pick(0, int(work.size()) - 1))]);
  if (asks_ > 0) return queue_.after(1s, [this] { next_job(); });
  trace_.line("world", "every trial has ended");
  over_ = true;
}

bool World::a_coordinator_lives() const {
  return std::ranges::any_of(jobs_, [](const auto& job) { return job->coordinator_lives; });
}

bool World::anybody_lives() const {
  for (const auto& job : jobs_) {
    if (job->coordinator_lives) return true;
    for (const auto& worker : job->workers) {
      if (worker->alive()) return true;
    }
  }
  return a_group_lives();
}

}  // namespace mer::simulation
