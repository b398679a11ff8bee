#include "orchestrator/coordinator.hpp"

#include <algorithm>
#include <iterator>
#include <spdlog/spdlog.h>

#include "core/json.hpp"
#include "core/shape.hpp"

namespace mer::orchestrator {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

// Short names for shapes: the scheduler asks only whether two are the same.
class ShapeNames {
 public:
  const std::string& of(const TrialSpec& spec) {
    if (last_ == nullptr || !same_shape(*last_, spec)) {
      name_ = names_.try_emplace(shape_key_of(spec), std::to_string(names_.size())).first->second;
    }
    last_ = &spec;
    return name_;
  }

 private:
  const TrialSpec* last_ = nullptr;
  std::string name_;
  std::unordered_map<std::string, std::string> names_;
};

std::vector<ScheduledTrial> scheduled(const std::vector<storage::TrialProgress>& trials) {
  std::vector<ScheduledTrial> result;
  result.reserve(trials.size());
  ShapeNames shapes;
  for (const auto& trial : trials) {
    result.push_back({trial.spec.id, shapes.of(trial.spec), trial.state, trial.attempt, trial.crashes});
  }
  return result;
}

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

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "\n") + line;
  return text;
}

bool due(std::optional<TimePoint>& last, TimePoint now, std::chrono::milliseconds interval) {
  if (last && now - *last < interval) return false;
  last = now;
  return true;
}

}  // namespace

double unix_time() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Coordinator::Coordinator(CoordinatorSettings settings, transport::Transport& transport, storage::ResultWriter& writer,
                         std::vector<storage::TrialProgress> trials, std::function<void(const std::string&)> print)
    : settings_(std::move(settings)),
      transport_(transport),
      writer_(writer),
      print_(std::move(print)),
      trials_(std::move(trials)),
      scheduler_(settings_.scheduler, scheduled(trials_)),
      hosts_(std::size_t(transport.size())),
      here_(std::size_t(transport.size())),
      last_heard_(std::size_t(transport.size())) {
  for (std::size_t i = 0; i < trials_.size(); ++i) {
    positions_.try_emplace(trials_[i].spec.id, i);
    meter_.add(trials_[i]);
  }
}

std::optional<ExitCode> Coordinator::step(TimePoint now) {
  receive(now);
  find_silent_workers(now);
  if (pause_requested_ && !pausing_) {
    pausing_ = true;
    spdlog::info("pause requested: running trials are checkpointed and handed back");
    feed(PauseRequested{}, now);
  }
  feed(Tick{}, now);
  if (const Status committed = commit(); !committed) return fail(committed.error());
  if (worker_lost_) return shut_down(ExitCode::internal);
  send_outbox();
  if (const Status beaten = beat(now); !beaten) return fail(beaten.error());
  print_progress(now);
  if (!ended_) return std::nullopt;
  if (ended_->paused) return shut_down(ExitCode::paused);
  return shut_down(ended_->failed + ended_->diverged > 0 ? ExitCode::some_failed : ExitCode::done);
}

void Coordinator::receive(TimePoint now) {
  const auto envelopes = transport_.poll();
  idle_.round_ended(!envelopes.empty());
  for (const transport::Envelope& envelope : envelopes) {
    if (!envelope.message) {
      spdlog::error("rank {} sent bytes that are not a message: {}", envelope.from, envelope.message.error().message);
      continue;
    }
    last_heard_[std::size_t(envelope.from)] = now;
    const WorkerId worker{envelope.from};
    if (const auto* hello = std::get_if<Hello>(&*envelope.message)) {
      spdlog::info("worker {} joined: {}, process {}", worker.rank, hello->host, hello->pid);
      hosts_[std::size_t(worker.rank)] = hello->host;
      here_[std::size_t(worker.rank)] = true;
      const int leader = gang_leader(worker.rank, settings_.gang);
      if (gang_is_here(leader)) feed(WorkerJoined{WorkerId{leader}}, now);
    } else if (const auto* capacity = std::get_if<Capacity>(&*envelope.message)) {
      feed(WorkerCapacity{worker, capacity->trials}, now);
    } else if (const auto* report = std::get_if<Report>(&*envelope.message)) {
      const std::int64_t stale = scheduler_.stale_reports();
      feed(WorkerReport{worker, *report}, now);
      if (scheduler_.stale_reports() != stale) {
        spdlog::warn("refused a stale report of worker {}: trial {} attempt {}", worker.rank, report->trial.hex,
                     report->attempt);
      }
    }
  }
}

// Said Hello, all of them. Workers that are too few for one more gang have nothing to do.
bool Coordinator::gang_is_here(int leader) const {
  const int end = leader + settings_.gang;
  if (end > transport_.size()) return false;
  return std::all_of(here_.begin() + leader, here_.begin() + end, [](bool here) { return here; });
}

void Coordinator::find_silent_workers(TimePoint now) {
  for (int rank = 1; rank < transport_.size(); ++rank) {
    auto& heard = last_heard_[std::size_t(rank)];
    if (!heard) heard = now;  // the first round: silence counts from here
    if (now - *heard < settings_.silence_limit) continue;
    spdlog::error("worker {} ({}) has been silent for {} s: it is lost, the run ends; the same command resumes it",
                  rank, hosts_[std::size_t(rank)], std::chrono::duration<double>(now - *heard).count());
    worker_lost_ = true;
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
    writes_.emplace_back(storage::Claim{claimed.trial, claimed.attempt, effect.worker.rank,
                                        hosts_[std::size_t(effect.worker.rank)], at});
  }
  send_job(effect.worker.rank, job_of(effect.trials));
}

// Trials that join what the worker gets in this round anyway travel with it. Jobs of this coordinator differ in their
// trials and these trials' corpus alone.
void Coordinator::send_job(int rank, StackJob job) {
  const auto last = std::find_if(outbox_.rbegin(), outbox_.rend(), [&](const auto& one) { return one.first == rank; });
  Assign* const waiting = last == outbox_.rend() ? nullptr : std::get_if<Assign>(&last->second);
  if (waiting == nullptr || !same_shape(waiting->job.trials.front().spec, job.trials.front().spec)) {
    outbox_.emplace_back(rank, Assign{std::move(job)});
    return;
  }
  std::ranges::move(job.trials, std::back_inserter(waiting->job.trials));
}

void Coordinator::carry_out(const Record& effect) {
  const Report& report = effect.report;
  writes_.emplace_back(storage::Recorded{report, effect.after_failure, effect.refund, settings_.unix_time()});
  meter_.note(report);
  storage::TrialProgress& trial = trials_[positions_.at(report.trial)];
  if (const auto* saved = std::get_if<CheckpointSaved>(&report.event)) {
    trial.checkpoints.insert(trial.checkpoints.begin(), saved->checkpoint);
    if (trial.checkpoints.size() > 2) trial.checkpoints.resize(2);
  }
  if (!ends_attempt(report.event)) return;
  const auto [state, message] = ending_of(effect);
  const json line = {
      {"type", "trial"}, {"trial", report.trial.hex}, {"name", name_of_trial(trial.spec)}, {"attempt", report.attempt},
      {"state", state},  {"message", message}};
  lines_.push_back(line.dump(-1, ' ', false, json::error_handler_t::replace));
}

void Coordinator::carry_out(const SendStop& effect) {
  outbox_.emplace_back(effect.worker.rank, StopTrials{});
}

StackJob Coordinator::job_of(const std::vector<ClaimedTrial>& claimed) const {
  StackJob job;
  job.store = settings_.store;
  job.device = settings_.device;
  job.gpu_fraction = settings_.gpu_fraction;
  job.broadcast_features = settings_.broadcast_features;
  job.threads = settings_.threads;
  job.slots = settings_.stack;
  job.gang = settings_.gang;
  job.checkpoint_seconds = settings_.checkpoint_seconds;
  job.record_representations = settings_.record_representations;
  for (const ClaimedTrial& one : claimed) {
    const storage::TrialProgress& trial = trials_[positions_.at(one.trial)];
    job.corpus_path = settings_.corpora.at(trial.spec.corpus);
    job.trials.push_back({trial.spec, one.attempt, trial.checkpoints});
  }
  return job;
}

std::string Coordinator::name_of_trial(const TrialSpec& spec) const {
  const auto found = settings_.names.find(spec.configuration);
  std::string name = found == settings_.names.end() || found->second.empty() ? "" : found->second + ", ";
  return name + spec.fold_name + ", seed " + std::to_string(spec.seed);
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
    const Report& report = std::get<storage::Recorded>(writes_[position]).report;
    spdlog::warn("the store refused a stale report of trial {} attempt {}", report.trial.hex, report.attempt);
  }
  writes_.clear();
  return {};
}

void Coordinator::send_outbox() {
  for (const auto& [rank, message] : outbox_) transport_.send(rank, message);
  outbox_.clear();
  if (!lines_.empty()) print_(joined(lines_));
  lines_.clear();
}

Status Coordinator::beat(TimePoint now) {
  if (due(last_beat_, now, settings_.beat_every)) {
    for (int rank = 1; rank < transport_.size(); ++rank) transport_.send(rank, Beat{});
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
               {"sweep", settings_.sweep.number},
               {"total", positions_.size()},
               {"done", count(TrialState::done)},
               {"running", count(TrialState::running)},
               {"failed", failed},
               {"pending", count(TrialState::pending)},
               {"epoch_rows", meter_.epoch_rows()}};
  if (seconds_left) line["eta_s"] = *seconds_left;
  print_(line.dump());
}

ExitCode Coordinator::shut_down(ExitCode code) {
  for (int rank = 1; rank < transport_.size(); ++rank) transport_.send(rank, Shutdown{});
  return code;
}

ExitCode Coordinator::fail(const Error& error) {
  spdlog::error("{}: the run ends; the same command resumes it", error.message);
  return shut_down(exit_code_of(error.code));
}

}  // namespace mer::orchestrator
