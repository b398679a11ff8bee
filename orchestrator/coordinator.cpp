#include "orchestrator/coordinator.hpp"

#include <algorithm>
#include <iterator>
#include <spdlog/spdlog.h>

#include "core/joined.hpp"
#include "core/json.hpp"

namespace mer::orchestrator {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

// State and message of the line that tells people how an attempt ended.
std::pair<std::string, std::string> ending_of(const Record& record) {
  if (const auto* failed = std::get_if<AttemptFailed>(&record.report.event)) {
    return {record.after_failure == TrialState::failed ? "failed" : "retrying", failed->failure.message};
  }
  if (const auto* diverged = std::get_if<AttemptDiverged>(&record.report.event)) {
    return {"diverged", "loss component " + diverged->component + " is not finite in epoch " +
                            std::to_string(diverged->epoch) + ", step " + std::to_string(diverged->step)};
  }
  return {std::holds_alternative<AttemptFinished>(record.report.event) ? "done" : "stopped", ""};
}

TrialState state_after(const Record& record) {
  if (std::holds_alternative<AttemptFailed>(record.report.event)) return record.after_failure;
  if (std::holds_alternative<AttemptDiverged>(record.report.event)) return TrialState::diverged;
  return std::holds_alternative<AttemptFinished>(record.report.event) ? TrialState::done : TrialState::pending;
}

// Both objects' keys; a trainer's own stay as they are.
std::string merged(const std::string& of_trainer, const std::string& of_job) {
  json versions = json::parse(of_trainer, nullptr, false);
  const json more = json::parse(of_job, nullptr, false);
  if (!versions.is_object() || !more.is_object() || more.empty()) return of_trainer;
  for (const auto& [key, value] : more.items()) versions.emplace(key, value);
  return versions.dump(-1, ' ', false, json::error_handler_t::replace);
}

// A gateway repeats what the last coordinator may not have kept.
void note_checkpoint(TrialToRun& trial, const CheckpointRecord& checkpoint) {
  const auto age = [](const CheckpointRecord& one) { return std::pair(one.attempt, one.epoch); };
  if (!trial.checkpoints.empty() && age(checkpoint) <= age(trial.checkpoints.front())) return;
  trial.checkpoints.insert(trial.checkpoints.begin(), checkpoint);
  if (trial.checkpoints.size() > 2) trial.checkpoints.resize(2);
}

bool due(std::optional<TimePoint>& last, TimePoint now, std::chrono::milliseconds interval) {
  if (last && now - *last < interval) return false;
  last = now;
  return true;
}

}  // namespace

Coordinator::Coordinator(CoordinatorSettings settings, transport::Transport& transport, storage::ResultWriter& writer,
                         std::vector<SweepToRun> sweeps, std::function<void(const std::string&)> print)
    : settings_(std::move(settings)),
      transport_(transport),
      writer_(writer),
      print_(std::move(print)),
      scheduler_(settings_.scheduler),
      ranks_(std::size_t(transport.size())) {
  for (SweepToRun& sweep : sweeps) take_up(std::move(sweep), TimePoint());
}

// A trial that is there already is the same one, unless it has ended and this one has not: that took over its id.
void Coordinator::take_up(SweepToRun sweep, TimePoint now) {
  const ScheduledSweep plan = scheduled(sweep);
  for (TrialToRun& trial : sweep.trials) {
    const auto [known, is_new] = positions_.try_emplace(trial.id, trials_.size());
    const bool another = !is_new && is_final(trials_[known->second].trial.state) && !is_final(trial.state);
    if (!is_new && !another) continue;
    known->second = trials_.size();
    const int epoch = trial.checkpoints.empty() ? 0 : trial.checkpoints.front().epoch;
    meter_.add(sweep.settings[std::size_t(trial.settings)].train.epochs, epoch, is_final(trial.state));
    trials_.push_back({std::move(trial), sweeps_.size(), epoch});
  }
  sweep.trials = {};
  sweeps_.push_back(std::move(sweep));
  feed(SweepAdded{plan}, now);
}

bool Coordinator::has(SweepId sweep) const {
  return std::ranges::find(sweeps_, sweep, &SweepToRun::id) != sweeps_.end();
}

// --- what people ask for ---

Result<storage::Controlled> Coordinator::control(const storage::Control& control, TimePoint now) {
  if (broken_) return *broken_;
  Result<storage::Controlled> controlled = try_control(control, now);
  if (!controlled) note_error(controlled.error());
  return controlled;
}

Result<SweepId> Coordinator::submit(const storage::Submission& submission, TimePoint now) {
  if (broken_) return *broken_;
  Result<SweepId> submitted = try_submit(submission, now);
  if (!submitted) note_error(submitted.error());
  return submitted;
}

void Coordinator::note_error(const Error& error) {
  const bool of_the_asker = error.code == ErrorCode::invalid || error.code == ErrorCode::not_found;
  if (!of_the_asker && !broken_) broken_ = error;
}

Result<storage::Controlled> Coordinator::try_control(const storage::Control& control, TimePoint now) {
  MER_TRY(commit());  // so that the store and the scheduler agree
  MER_ASSIGN(storage::Controlled controlled, writer_.control(control));
  if (storage::annotates(control.verb)) return controlled;
  MER_TRY(follow(control, controlled, now));
  return controlled;
}

// Brings the scheduler to where the store stands.
Status Coordinator::follow(const storage::Control& control, const storage::Controlled& controlled, TimePoint now) {
  using storage::ControlVerb;
  using storage::SweepActivity;
  const bool is_retry = control.verb == ControlVerb::retry || control.verb == ControlVerb::retry_failed;
  if (control.verb == ControlVerb::cancel) feed(TrialsCancelled{controlled.trials}, now);
  if (is_retry) feed(TrialsRetried{controlled.trials}, now);
  for (const TrialId& id : controlled.trials) {
    const auto known = positions_.find(id);
    if (known == positions_.end()) continue;
    trials_[known->second].trial.state = is_retry ? TrialState::pending : TrialState::cancelled;
  }
  if (control.sweep && has(*control.sweep)) {
    std::ranges::find(sweeps_, *control.sweep, &SweepToRun::id)->priority = controlled.priority;
    feed(SweepChanged{*control.sweep, controlled.priority, controlled.activity == SweepActivity::active}, now);
  }
  for (const SweepId id : controlled.revived) {
    const auto known = std::ranges::find(sweeps_, id, &SweepToRun::id);
    if (known != sweeps_.end()) feed(SweepChanged{id, known->priority, true}, now);
  }
  std::vector<SweepId> concerned = controlled.sweeps;
  if (control.sweep) concerned.push_back(*control.sweep);
  for (const SweepId id : concerned) MER_TRY(take_up_if_missing(id, now));
  return {};
}

// A sweep that has been resumed, or has trials again.
Status Coordinator::take_up_if_missing(SweepId id, TimePoint now) {
  if (has(id)) return {};
  MER_ASSIGN(SweepToRun sweep, settings_.load_sweep(id));
  if (sweep.active && sweep.resources.gpus_per_trial == settings_.gang) take_up(std::move(sweep), now);
  return {};
}

Result<SweepId> Coordinator::try_submit(const storage::Submission& submission, TimePoint now) {
  if (const int gang = submission.sweep.resources.gpus_per_trial; gang != settings_.gang) {
    return invalid("resources.gpus_per_trial is " + std::to_string(gang) + ", and the coordinator that runs here has " +
                   "workers in gangs of " + std::to_string(settings_.gang) + ": submit it when this run has ended");
  }
  MER_TRY(commit());
  MER_ASSIGN(const SweepId id, writer_.submit(submission));
  const auto known = std::ranges::find(sweeps_, id, &SweepToRun::id);
  if (known != sweeps_.end()) feed(SweepChanged{id, known->priority, true}, now);
  MER_TRY(take_up_if_missing(id, now));
  return id;
}

std::string Coordinator::explain(const TrialId& trial, TimePoint now) const {
  const auto standing = scheduler_.standing(trial, now);
  if (!standing) return json{{"schema", 1}, {"known", false}}.dump();
  json answer = {{"schema", 1},
                 {"known", true},
                 {"state", name_of(standing->state)},
                 {"leaving", standing->leaving},
                 {"of_active_sweep", standing->of_active_sweep},
                 {"before_it", standing->before_it},
                 {"of_higher_priority", standing->of_higher_priority},
                 {"workers", standing->workers},
                 {"full", standing->full},
                 {"emptied", standing->emptied},
                 {"pausing", pausing_},
                 {"absent", standing->absent}};
  if (standing->worker) {
    answer["worker"] = standing->worker->rank;
    answer["host"] = ranks_[std::size_t(standing->worker->rank)].host;
  }
  if (standing->backoff) answer["backoff_s"] = *standing->backoff;
  if (standing->needs) answer["needs_s"] = *standing->needs;
  if (standing->job_ends_in) answer["job_ends_in_s"] = *standing->job_ends_in;
  return answer.dump();
}

std::optional<ExitCode> Coordinator::step(TimePoint now) {
  if (broken_) return fail(*broken_);
  const std::vector<transport::Envelope> envelopes = hear(now);
  const std::vector<int> silent = silent_workers(now);
  if (!silent.empty()) feed(RunBroken{}, now);
  set_limit(now);
  look_into_node_book(now);
  receive(envelopes, now);
  send_excluded_away(now);
  give_up(silent, now);
  if (pause_requested_ && !pausing_) {
    pausing_ = true;
    spdlog::info("pause requested: running trials are checkpointed and handed back");
    feed(PauseRequested{}, now);
  }
  feed(Tick{}, now);
  if (const Status committed = commit(); !committed) return fail(committed.error());
  transport_.confirm();
  if (!silent.empty()) return shut_down(ExitCode::internal, transport_.lasting());
  send_outbox();
  if (const Status beaten = beat(now); !beaten) return fail(beaten.error());
  print_progress(now);
  if (!ended_) return std::nullopt;
  if (ended_->paused) return shut_down(ExitCode::paused, transport_.size());
  const std::int64_t without_result = ended_->failed + ended_->diverged + ended_->cancelled;
  return shut_down(without_result > 0 ? ExitCode::some_failed : ExitCode::done, transport_.size());
}

void Coordinator::set_limit(TimePoint now) {
  if (settings_.ends_at <= 0 || std::exchange(limited_, true)) return;
  const std::chrono::duration<double> left(settings_.ends_at - settings_.unix_time());
  spdlog::info("this job ends in {:.0f} s: trials that would take longer are left to the next one", left.count());
  const auto ends_at = now + std::chrono::duration_cast<TimePoint::duration>(left);
  feed(JobLimit{ends_at, std::chrono::duration<double>(settings_.job_seconds)}, now);
}

std::vector<transport::Envelope> Coordinator::hear(TimePoint now) {
  std::vector<transport::Envelope> envelopes = transport_.poll();
  ranks_.resize(std::size_t(transport_.size()));
  idle_.round_ended(!envelopes.empty());
  for (const transport::Envelope& envelope : envelopes) {
    if (envelope.message) ranks_[std::size_t(envelope.from)].heard = now;
  }
  return envelopes;
}

void Coordinator::receive(const std::vector<transport::Envelope>& envelopes, TimePoint now) {
  for (const transport::Arrival& arrival : transport_.take_arrivals()) welcome(arrival, now);
  for (const transport::Envelope& envelope : envelopes) {
    if (!envelope.message) {
      spdlog::error("rank {} sent bytes that are not a message: {}", envelope.from, envelope.message.error().message);
      continue;
    }
    const WorkerId worker{envelope.from};
    if (const auto* hello = std::get_if<Hello>(&*envelope.message)) {
      take(*hello, worker.rank, now);
    } else if (const auto* capacity = std::get_if<Capacity>(&*envelope.message)) {
      feed(WorkerCapacity{worker, capacity->trials}, now);
    } else if (const auto* report = std::get_if<Report>(&*envelope.message)) {
      take(*report, worker.rank, now);
    } else if (const auto* beat = std::get_if<Beat>(&*envelope.message)) {
      ranks_[std::size_t(envelope.from)].use = beat->use;
    }
  }
  see_off(transport_.take_departures(), now);
}

void Coordinator::take(const Report& report, int rank, TimePoint now) {
  const std::int64_t stale = scheduler_.stale_reports();
  feed(WorkerReport{WorkerId{rank}, report}, now);
  if (scheduler_.stale_reports() != stale) {
    spdlog::warn("refused a stale report of worker {}: trial {} attempt {}", rank, report.trial.hex, report.attempt);
  } else if (std::holds_alternative<EpochDone>(report.event)) {
    ranks_[std::size_t(rank)].epochs.note(now);
  }
}

// Its workers follow, each with what it has.
void Coordinator::welcome(const transport::Arrival& arrival, TimePoint now) {
  GroupReturned returned{arrival.group, {}};
  for (int i = 0; i < arrival.workers; ++i) ranks_[std::size_t(arrival.first + i)].group = arrival.group;
  for (const transport::HeldAttempt& held : arrival.held) {
    const ClaimedTrial claimed{held.trial, held.attempt};
    ranks_[std::size_t(arrival.first + held.worker - 1)].held.push_back(claimed);
    returned.held.push_back(claimed);
  }
  if (!arrival.held.empty()) {
    spdlog::info("a group of {} workers comes back with {} trials", arrival.workers, arrival.held.size());
  }
  feed(returned, now);
}

void Coordinator::take(const Hello& hello, int rank, TimePoint now) {
  spdlog::info("worker {} joined: {}, process {}", rank, hello.host, hello.pid);
  Rank& worker = ranks_[std::size_t(rank)];
  worker.host = hello.host;
  worker.device = hello.device;
  worker.cores = hello.cores;
  if (worker.leaving) return;
  worker.here = true;
  const int leader = gang_leader(rank, settings_.gang);
  if (!gang_is_here(leader)) return;
  Rank& joined = ranks_[std::size_t(leader)];
  feed(WorkerJoined{WorkerId{leader}, host_of(leader), joined.group, std::exchange(joined.held, {})}, now);
}

// Said Hello, all of them. Workers that are too few for one more gang have nothing to do.
bool Coordinator::gang_is_here(int leader) const {
  const int end = leader + settings_.gang;
  if (end > transport_.size()) return false;
  return std::all_of(ranks_.begin() + leader, ranks_.begin() + end, [](const Rank& rank) { return rank.here; });
}

// Groups of other jobs. Who is in no gang has nothing to hand back.
void Coordinator::see_off(const transport::Departures& departures, TimePoint now) {
  for (const int rank : departures.leaving) {
    ranks_[std::size_t(rank)].leaving = true;
    const std::string& worker_host = ranks_[std::size_t(rank)].host;
    const int leader = gang_leader(rank, settings_.gang);
    if (!gang_is_here(leader)) {
      let_go(rank);
    } else if (rank == leader) {
      spdlog::info("worker {} ({}) leaves: its trials are checkpointed and handed back", rank, worker_host);
      feed(WorkerLeaving{WorkerId{rank}}, now);
    }
  }
  for (const int rank : departures.lost) {
    Rank& worker = ranks_[std::size_t(rank)];
    worker.here = false;
    if (worker.leaving) {
      spdlog::info("worker {} ({}) has left", rank, worker.host);
    } else {
      spdlog::warn("worker {} ({}) is lost with its group: its trials are tried elsewhere", rank, worker.host);
    }
    if (rank == gang_leader(rank, settings_.gang)) feed(WorkerLost{WorkerId{rank}}, now);
  }
}

// Of this coordinator's own job, which ends with them.
std::vector<int> Coordinator::silent_workers(TimePoint now) {
  std::vector<int> silent;
  for (int rank = 1; rank < transport_.lasting(); ++rank) {
    auto& heard = ranks_[std::size_t(rank)].heard;
    if (!heard) heard = now;  // the first round: silence counts from here
    if (now - *heard >= settings_.silence_limit) silent.push_back(rank);
  }
  return silent;
}

void Coordinator::give_up(const std::vector<int>& silent, TimePoint now) {
  for (const int rank : silent) {
    const Rank& worker = ranks_[std::size_t(rank)];
    spdlog::error("worker {} ({}) has been silent for {} s: it is lost, the run ends; the same command resumes it",
                  rank, worker.host, std::chrono::duration<double>(now - *worker.heard).count());
    feed(WorkerLost{WorkerId{gang_leader(rank, settings_.gang)}}, now);
  }
}

void Coordinator::feed(const Event& event, TimePoint now) {
  for (const Effect& effect : scheduler_.on(event, now)) {
    std::visit([this](const auto& e) { carry_out(e); }, effect);
  }
}

void Coordinator::carry_out(const ClaimAndAssign& effect) {
  const double at = settings_.unix_time();
  for (const ClaimedTrial& claimed : effect.trials) {
    const Rank& worker = ranks_[std::size_t(effect.worker.rank)];
    writes_.emplace_back(
        storage::Claim{claimed.trial, claimed.attempt, effect.worker.rank, worker.host, at, worker.group});
  }
  send_job(effect.worker.rank, job_of(effect.trials));
}

// Trials that join what the worker gets in this round anyway travel with it. Jobs of this coordinator differ in their
// trials and these trials' corpus alone.
void Coordinator::send_job(int rank, StackJob job) {
  const auto last = std::find_if(outbox_.rbegin(), outbox_.rend(), [&](const auto& one) { return one.first == rank; });
  Assign* const waiting = last == outbox_.rend() ? nullptr : std::get_if<Assign>(&last->second);
  if (waiting == nullptr || !same_stack(waiting->job, job)) {
    outbox_.emplace_back(rank, Assign{std::move(job)});
    return;
  }
  std::ranges::move(job.trials, std::back_inserter(waiting->job.trials));
}

void Coordinator::carry_out(const Record& effect) {
  const Report& report = effect.report;
  storage::Recorded recorded{report, effect.after_failure, effect.refund, settings_.unix_time()};
  if (auto* started = std::get_if<AttemptStarted>(&recorded.report.event)) {
    started->environment.versions = merged(started->environment.versions, settings_.versions);
  }
  writes_.emplace_back(std::move(recorded));
  const std::size_t position = positions_.at(report.trial);
  meter_.note(position, report);
  Trial& entry = trials_[position];
  TrialToRun& trial = entry.trial;
  if (const auto* saved = std::get_if<CheckpointSaved>(&report.event)) note_checkpoint(trial, saved->checkpoint);
  if (const auto* started = std::get_if<AttemptStarted>(&report.event)) entry.epoch = started->resumed_epoch;
  if (const auto* done = std::get_if<EpochDone>(&report.event)) entry.epoch = done->timing.epoch;
  if (!ends_attempt(report.event)) return;
  trial.state = state_after(effect);
  const auto [state, message] = ending_of(effect);
  const json line = {
      {"type", "trial"}, {"trial", report.trial.hex}, {"name", name_of_trial(entry)}, {"attempt", report.attempt},
      {"state", state},  {"message", message}};
  lines_.push_back(line.dump(-1, ' ', false, json::error_handler_t::replace));
}

void Coordinator::carry_out(const SendStop& effect) {
  outbox_.emplace_back(effect.worker.rank, StopTrials{effect.trials});
}

void Coordinator::carry_out(const LetGo& effect) {
  for (int member = 0; member < settings_.gang; ++member) let_go(effect.worker.rank + member);
}

void Coordinator::let_go(int rank) {
  ranks_[std::size_t(rank)].leaving = true;
  outbox_.emplace_back(rank, Shutdown{});
}

void Coordinator::carry_out(const Idle& /*effect*/) {
  spdlog::info("nothing is left to do: all workers are let go, and others may come");
  for (int rank = 1; rank < int(ranks_.size()); ++rank) let_go(rank);
}

void Coordinator::carry_out(const Ended& effect) {
  ended_ = effect;
  if (!effect.out_of_time) return;
  const double left = settings_.ends_at - settings_.unix_time();
  lines_.push_back(json{{"type", "out_of_time"}, {"pending", effect.pending}, {"job_ends_in_s", left}}.dump());
}

// All of one shape, and so of sweeps whose trainers are started alike.
StackJob Coordinator::job_of(const std::vector<ClaimedTrial>& claimed) const {
  const SweepToRun& sweep = sweeps_[trials_[positions_.at(claimed.front().trial)].sweep];
  const ResourceSettings& resources = sweep.resources;
  StackJob job;
  job.store = settings_.store;
  job.device = resources.device;
  job.gpu_fraction = resources.gpu_fraction;
  job.broadcast_features = resources.broadcast_features;
  job.threads = resources.threads;
  job.slots = resources.stack;
  job.gang = settings_.gang;
  job.checkpoint_seconds = settings_.checkpoint_seconds;
  job.record_representations = sweep.record_representations;
  for (const ClaimedTrial& one : claimed) {
    const Trial& trial = trials_[positions_.at(one.trial)];
    TrialSpec spec = sweeps_[trial.sweep].spec_of(trial.trial);
    job.corpus_path = sweeps_[trial.sweep].corpora.at(spec.corpus);
    job.trials.push_back({std::move(spec), one.attempt, trial.trial.checkpoints});
  }
  return job;
}

std::string Coordinator::name_of_trial(const Trial& trial) const {
  const SweepToRun& sweep = sweeps_[trial.sweep];
  const auto found = sweep.names.find(sweep.settings[std::size_t(trial.trial.settings)].configuration);
  std::string name = found == sweep.names.end() || found->second.empty() ? "" : found->second + ", ";
  return name + sweep.folds[std::size_t(trial.trial.fold)].name + ", seed " + std::to_string(trial.trial.seed);
}

// Everything of this round, in order, in one transaction. A refused claim must not run.
Status Coordinator::commit() {
  if (writes_.empty()) return {};
  MER_ASSIGN(const storage::CommitOutcome outcome, writer_.commit(writes_));
  for (const std::size_t position : outcome.stale) {
    if (const auto* claim = std::get_if<storage::Claim>(&writes_[position])) {
      return Error{ErrorCode::stale, "the store refused to claim attempt " + std::to_string(claim->attempt) +
                                         " of trial " + claim->trial.hex + ": another coordinator has taken it over"};
    }
    const auto* recorded = std::get_if<storage::Recorded>(&writes_[position]);
    if (recorded == nullptr) continue;  // a refund of who has no use for it
    const Report& report = recorded->report;
    spdlog::warn("the store refused a stale report of trial {} attempt {}", report.trial.hex, report.attempt);
  }
  writes_.clear();
  return {};
}

void Coordinator::send_outbox() {
  for (const auto& [rank, message] : outbox_) transport_.send(rank, message);
  outbox_.clear();
  if (!lines_.empty()) print_(joined(lines_, "\n"));
  lines_.clear();
}

Status Coordinator::beat(TimePoint now) {
  if (due(last_beat_, now, settings_.beat_every)) {
    for (int rank = 1; rank < transport_.lasting(); ++rank) transport_.send(rank, Beat{});
  }
  if (due(last_lease_, now, settings_.lease_every)) MER_TRY(writer_.beat(settings_.unix_time()));
  return {};
}

void Coordinator::print_progress(TimePoint now) {
  const auto seconds_left = meter_.seconds_left(now);
  if (!due(last_progress_, now, 250ms) && !ended_) return;
  const auto count = [this](TrialState state) { return scheduler_.count(state); };
  const std::int64_t failed = count(TrialState::failed) + count(TrialState::diverged);
  json line = {{"type", "progress"},
               {"sweeps", sweeps_.size()},
               {"total", trials_.size()},
               {"done", count(TrialState::done)},
               {"running", count(TrialState::running)},
               {"failed", failed},
               {"pending", count(TrialState::pending)},
               {"epoch_rows", meter_.epoch_rows()}};
  if (seconds_left) line["eta_s"] = *seconds_left;
  print_(line.dump());
}

// Those below `ranks`.
ExitCode Coordinator::shut_down(ExitCode code, int ranks) {
  for (int rank = 1; rank < ranks; ++rank) transport_.send(rank, Shutdown{});
  return code;
}

ExitCode Coordinator::fail(const Error& error) {
  spdlog::error("{}: the run ends; the same command resumes it", error.message);
  return shut_down(exit_code_of(error.code), transport_.lasting());
}

}  // namespace mer::orchestrator
