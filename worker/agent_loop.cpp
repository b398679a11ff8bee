#include "worker/agent_loop.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>
#include <utility>

#include "core/log_pointer.hpp"
#include "worker/subprocess.hpp"

namespace mer::worker {
namespace {

constexpr std::chrono::microseconds kSumPause{50};

// Within the store. A member of a gang has a log of its own beside its leader's.
std::string log_name(const TrialJob& trial, int gang_rank = 0) {
  const std::string member = gang_rank == 0 ? "" : ".member-" + std::to_string(gang_rank);
  return "logs/" + trial.spec.id.hex + "/" + std::to_string(trial.attempt) + member + ".log";
}

void add_line(const std::filesystem::path& log, const std::string& line) {
  std::error_code ignored;
  std::filesystem::create_directories(log.parent_path(), ignored);
  std::ofstream(log, std::ios::app) << line << "\n";
}

}  // namespace

Result<std::unique_ptr<ChildProcess>> start_subprocess(const ChildCommand& command) {
  MER_ASSIGN(Subprocess process, Subprocess::start(command));
  return std::unique_ptr<ChildProcess>(std::make_unique<Subprocess>(std::move(process)));
}

AgentLoop::AgentLoop(transport::Transport& transport, Hello hello, AgentLoopOptions options)
    : transport_(transport),
      options_(std::move(options)),
      agent_(std::move(hello), options_.limits),
      corpora_(transport, options_.corpora) {}

std::optional<ExitCode> AgentLoop::step(TimePoint now) {
  const auto envelopes = transport_.poll();
  for (const transport::Envelope& envelope : envelopes) {
    if (envelope.message) take(envelope.from, *envelope.message, now);
  }
  const bool shared = corpora_.step();
  for (const auto& [from, message] : corpora_.take_ready()) deliver(from, message, now);
  const bool child_spoke = serve_child(now);
  idle_.round_ended(child_spoke || shared || !envelopes.empty());
  measure(now);
  feed(Tick{}, now);
  return exit_;
}

ExitCode AgentLoop::run() {
  while (true) {
    if (const auto code = step(std::chrono::steady_clock::now())) return *code;
    wait();
  }
}

void AgentLoop::measure(TimePoint now) {
  if (!options_.measure_use || (measured_ && now - *measured_ < options_.measure_every)) return;
  measured_ = now;
  feed(Measured{options_.measure_use(now)}, now);
}

// Gives a message from another rank to what it concerns.
void AgentLoop::take(int from, const Message& message, TimePoint now) {
  if (const auto* sum = std::get_if<GangSum>(&message)) {
    if (relay_) carry_out(relay_->from_member(from - leader_, *sum), now);
  } else if (std::holds_alternative<CorpusRequest>(message) || std::holds_alternative<CorpusAnswer>(message)) {
    corpora_.from_worker(from, message);
  } else if (!corpora_.keeps(from, message)) {
    deliver(from, message, now);
  }
}

void AgentLoop::deliver(int from, const Message& message, TimePoint now) {
  from == 0 ? feed(FromCoordinator{message}, now) : feed(FromPeer{from, message}, now);
}

void AgentLoop::take_from_child(const Message& message, TimePoint now) {
  const auto* const sum = std::get_if<GangSum>(&message);
  if (sum != nullptr && relay_) return carry_out(relay_->from_trainer(*sum), now);
  feed(FromChild{message}, now);
}

// Sums that do not fit are as good as a broken trainer.
void AgentLoop::carry_out(const Result<GangRelay::Output>& output, TimePoint now) {
  if (!output) return feed(ChildBroken{output.error().message}, now);
  for (const auto& one : *output) {
    if (const auto* sums = std::get_if<GangRelay::ToTrainer>(&one)) {
      if (child_) write(sums->sum);
    } else {
      const auto& part = std::get<GangRelay::ToMember>(one);
      transport_.send(leader_ + part.rank, part.sum);
    }
  }
}

// A sum of a gang is waited for as for nothing else: MPI is asked again and again.
void AgentLoop::wait() {
  if (relay_ && relay_->sum_under_way()) return std::this_thread::sleep_for(kSumPause);
  if (child_) return child_->process->wait(int(idle_.pause().count()));
  std::this_thread::sleep_for(idle_.pause());
}

void AgentLoop::feed(const AgentEvent& event, TimePoint now) {
  for (const AgentEffect& effect : agent_.on(event, now)) {
    std::visit([&](const auto& e) { carry_out(e, now); }, effect);
  }
}

// True when the child had something to say.
bool AgentLoop::serve_child(TimePoint now) {
  if (!child_) return false;
  child_->process->flush();
  const bool printed = keep_printed();
  const bool spoke = read_frames(now);
  const auto exited = child_->process->reap();
  if (!exited) return spoke || printed;
  while (read_frames(now)) {  // what it wrote between the last read and its end
  }
  keep_printed();
  if (child_->log) child_->log->finish();
  const ChildExited event{exited->by_signal, exited->code, child_->frames.pending() > 0 && !child_->broken,
                          child_->log ? child_->log->last_lines() : ""};
  child_.reset();
  relay_.reset();
  feed(event, now);
  return true;
}

// True when there was something.
bool AgentLoop::keep_printed() {
  if (!child_->log) return false;
  const std::string printed = child_->process->read_printed();
  child_->log->add(printed);
  return !printed.empty();
}

bool AgentLoop::read_frames(TimePoint now) {
  const std::string bytes = child_->process->read();
  if (bytes.empty()) return false;
  keep_printed();  // whoever learns of a message finds in the log what was printed before it
  if (child_->broken) return true;
  child_->frames.feed(bytes);
  while (true) {
    const Result<std::optional<std::string>> frame = child_->frames.next();
    if (frame && !*frame) return true;
    const Result<Message> message = frame ? decode(**frame) : Result<Message>(frame.error());
    if (!message) {
      child_->broken = true;
      feed(ChildBroken{message.error().message}, now);
      return true;
    }
    take_from_child(*message, now);
  }
}

void AgentLoop::carry_out(const SpawnChild& effect, TimePoint now) {
  StackJob job = effect.job;
  job.memory = options_.memory;
  job.gpu_fraction = std::min(job.gpu_fraction, 1.0 / options_.gpu.workers);
  if (effect.gang > 0) {
    leader_ = gang_leader(transport_.rank(), job.gang);
    job.gang_rank = transport_.rank() - leader_;
    auto relay = GangRelay::make(job.gang_rank, job.gang, effect.gang);
    if (!relay) return feed(ChildNotStarted{relay.error().message}, now);
    relay_.emplace(std::move(relay).value());
  }
  const std::string name = log_name(job.trials.front(), job.gang_rank);
  std::string note;
  if (const CorpusPlace* place = corpora_.place_of(job)) {
    job.corpus_path = place->folder;
    note = place->note;
  }
  auto process = options_.start_child(
      {options_.trainer, {}, options_.cores, options_.gpu.name, relay_ ? relay_->descriptor() : -1});
  if (!process) return feed(ChildNotStarted{process.error().message}, now);
  child_.emplace(Child{std::move(process).value(), {}, name, {}, false});
  if (child_->process->prints()) {
    child_->log.emplace(job.store + "/" + name, options_.log);
    if (!note.empty()) child_->log->add(note + "\n");
    for (std::size_t i = 1; i < job.trials.size() && job.gang_rank == 0; ++i) point_to_log(job, job.trials[i]);
  }
  write(Assign{job});
}

void AgentLoop::carry_out(const JoinChild& effect, TimePoint /*now*/) {
  if (!child_) return;
  for (const TrialJob& trial : effect.job.trials) point_to_log(effect.job, trial);
  write(Assign{effect.job});
}

void AgentLoop::carry_out(const WriteChild& effect, TimePoint /*now*/) {
  if (child_) write(effect.message);
}

// The first trial's log takes what the trainer prints; those of the others name it.
void AgentLoop::point_to_log(const StackJob& job, const TrialJob& trial) const {
  if (!child_->process->prints()) return;
  add_line(job.store + "/" + log_name(trial), log_pointer(child_->log_name));
}

void AgentLoop::write(const Message& message) {
  child_->process->write(frame_of(encode(message)));
}

void AgentLoop::carry_out(const KillChild& /*effect*/, TimePoint /*now*/) {
  if (child_) child_->process->kill();
}

void AgentLoop::carry_out(const Send& effect, TimePoint /*now*/) {
  transport_.send(0, effect.message);
}

void AgentLoop::carry_out(const SendMembers& effect, TimePoint /*now*/) {
  for (int member = 1; member < effect.gang; ++member) transport_.send(transport_.rank() + member, effect.message);
}

void AgentLoop::carry_out(const SendLeader& effect, TimePoint /*now*/) {
  transport_.send(gang_leader(transport_.rank(), effect.gang), effect.message);
}

void AgentLoop::carry_out(const Exit& effect, TimePoint /*now*/) {
  if (child_) {
    keep_printed();
    if (child_->log) child_->log->finish();
    child_.reset();
  }
  corpora_.close();
  exit_ = effect.code;
}

}  // namespace mer::worker
