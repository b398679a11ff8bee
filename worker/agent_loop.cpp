#include "worker/agent_loop.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>
#include <utility>

namespace mer::worker {
namespace {

// Within the store.
std::string log_name(const TrialJob& trial) {
  return "logs/" + trial.spec.id.hex + "/" + std::to_string(trial.attempt) + ".log";
}

void add_line(const std::filesystem::path& log, const std::string& line) {
  std::error_code ignored;
  std::filesystem::create_directories(log.parent_path(), ignored);
  std::ofstream(log, std::ios::app) << line << "\n";
}

// The first trial's log takes what the trainer prints; those of the others name it.
void point_to_log(const StackJob& job, const TrialJob& trial, const std::string& name) {
  add_line(job.store + "/" + log_name(trial), "trained in one stack: see " + name);
}

}  // namespace

AgentLoop::AgentLoop(transport::Transport& transport, Hello hello, AgentLoopOptions options)
    : transport_(transport),
      options_(std::move(options)),
      agent_(std::move(hello), options_.limits),
      corpora_(transport, options_.corpora) {}

std::optional<ExitCode> AgentLoop::step(TimePoint now) {
  const auto envelopes = transport_.poll();
  for (const transport::Envelope& envelope : envelopes) {
    if (!envelope.message) continue;
    if (envelope.from != 0) {
      corpora_.from_worker(envelope.from, *envelope.message);
    } else if (!corpora_.keeps(*envelope.message)) {
      feed(FromCoordinator{*envelope.message}, now);
    }
  }
  const bool shared = corpora_.step();
  for (const StackJob& job : corpora_.take_ready()) feed(FromCoordinator{Assign{job}}, now);
  const bool child_spoke = serve_child(now);
  idle_.round_ended(child_spoke || shared || !envelopes.empty());
  feed(Tick{}, now);
  return exit_;
}

ExitCode AgentLoop::run() {
  while (true) {
    if (const auto code = step(std::chrono::steady_clock::now())) return *code;
    wait();
  }
}

void AgentLoop::wait() {
  if (child_) return child_->process.wait(int(idle_.pause().count()));
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
  child_->process.flush();
  bool spoke = read_frames(now);
  const auto exited = child_->process.reap();
  if (!exited) return spoke;
  while (read_frames(now)) {  // what it wrote between the last read and its end
  }
  const ChildExited event{exited->by_signal, exited->code, child_->frames.pending() > 0 && !child_->broken,
                          tail_of(child_->log)};
  child_.reset();
  feed(event, now);
  return true;
}

bool AgentLoop::read_frames(TimePoint now) {
  const std::string bytes = child_->process.read();
  if (bytes.empty()) return false;
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
    feed(FromChild{*message}, now);
  }
}

void AgentLoop::carry_out(const SpawnChild& effect, TimePoint now) {
  StackJob job = effect.job;
  job.memory = options_.memory;
  job.gpu_fraction = std::min(job.gpu_fraction, 1.0 / options_.gpu.workers);
  const std::string name = log_name(job.trials.front());
  const std::string log = job.store + "/" + name;
  if (const CorpusPlace* place = corpora_.place_of(job)) {
    job.corpus_path = place->folder;
    add_line(log, place->note);
  }
  auto process = Subprocess::start({options_.trainer, {}, log, options_.cores, options_.gpu.name});
  if (!process) return feed(ChildNotStarted{process.error().message}, now);
  child_.emplace(Child{std::move(process).value(), log, name, {}, false});
  for (std::size_t i = 1; i < job.trials.size(); ++i) point_to_log(job, job.trials[i], name);
  write(Assign{job});
}

void AgentLoop::carry_out(const JoinChild& effect, TimePoint /*now*/) {
  if (!child_) return;
  for (const TrialJob& trial : effect.job.trials) point_to_log(effect.job, trial, child_->log_name);
  write(Assign{effect.job});
}

void AgentLoop::carry_out(const WriteChild& effect, TimePoint /*now*/) {
  if (child_) write(effect.message);
}

void AgentLoop::write(const Message& message) {
  child_->process.write(frame_of(encode(message)));
}

void AgentLoop::carry_out(const KillChild& /*effect*/, TimePoint /*now*/) {
  if (child_) child_->process.kill();
}

void AgentLoop::carry_out(const Send& effect, TimePoint /*now*/) {
  transport_.send(0, effect.message);
}

void AgentLoop::carry_out(const Exit& effect, TimePoint /*now*/) {
  child_.reset();
  corpora_.close();
  exit_ = effect.code;
}

}  // namespace mer::worker
