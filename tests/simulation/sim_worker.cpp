#include "tests/simulation/sim_worker.hpp"

#include <utility>

namespace mer::simulation {
namespace {

using namespace std::chrono_literals;

worker::AgentLimits limits() {
  worker::AgentLimits limits;
  limits.first_step = 90s;  // a model of a trainer loads no corpus
  return limits;
}

}  // namespace

SimWorker::SimWorker(Trainer::World world, Trace& trace, Network& network, int rank, const std::string& host,
                     std::string name, double trouble, Mutation mutation)
    : world_(world),
      trace_(trace),
      transport_(network, rank),
      rank_(rank),
      name_(std::move(name)),
      trouble_(trouble),
      mutation_(mutation),
      agent_(Hello{host, rank, {rank}, "cpu"}, limits()),
      clock_offset_(world.random.between(0, 1'000'000'000)) {}

void SimWorker::wake() {
  plan_step(world_.queue.now() + Time(world_.random.between(100, 10'000)));
}

void SimWorker::plan_step(Time when) {
  when = std::max(when, stalled_until_);
  const bool planned = next_step_ >= world_.queue.now();
  if (!alive_ || (planned && next_step_ <= when)) return;
  next_step_ = when;
  world_.queue.at(when, [this, when] {
    if (alive_ && when == next_step_) step();
  });
}

// As AgentLoop::step().
void SimWorker::step() {
  next_step_ = Time(-1);
  if (world_.queue.now() < stalled_until_) return plan_step(stalled_until_);
  for (const transport::Envelope& envelope : transport_.poll()) {
    if (mutation_ == Mutation::says_stopped) pretend_to_stop(*envelope.message);
    if (envelope.from == 0) {
      feed(worker::FromCoordinator{*envelope.message});
    } else {
      feed(worker::FromPeer{envelope.from, *envelope.message});
    }
  }
  listen_to_trainer();
  feed(worker::Tick{});
  plan_step(world_.queue.now() + Time(world_.random.between(700'000, 1'200'000)));
}

// The first attempt of each trial.
void SimWorker::pretend_to_stop(const Message& message) {
  const auto* assign = std::get_if<Assign>(&message);
  if (assign == nullptr) return;
  for (const TrialJob& trial : assign->job.trials) {
    if (trial.attempt == 1) send(0, Report{trial.spec.id, 1, AttemptStopped{0}});
  }
}

void SimWorker::listen_to_trainer() {
  if (trainer_ == nullptr) return;
  for (const Trainer::Word& word : trainer_->take()) {
    if (const auto* message = std::get_if<Message>(&word)) {
      feed(worker::FromChild{*message});
    } else if (const auto* broken = std::get_if<worker::ChildBroken>(&word)) {
      feed(*broken);
    } else {
      const auto& exited = std::get<worker::ChildExited>(word);
      trace_.line(name_, std::string("its trainer is gone: ") + (exited.by_signal ? "signal " : "status ") +
                             std::to_string(exited.code));
      trainer_ = nullptr;
      feed(exited);
      return;
    }
  }
}

void SimWorker::feed(const worker::AgentEvent& event) {
  if (!alive_) return;
  for (const worker::AgentEffect& effect : agent_.on(event, now())) {
    std::visit([&](const auto& e) { carry_out(e); }, effect);
  }
}

void SimWorker::carry_out(const worker::SpawnChild& effect) {
  const bool troubled = world_.random.chance(trouble_);
  if (troubled && world_.random.chance(0.1)) {
    trace_.line(name_, "its trainer does not start");
    return feed(worker::ChildNotStarted{"no such file"});
  }
  const auto fault = troubled ? TrainerFault(world_.random.pick(1, 10)) : TrainerFault::none;
  const int leader = gang_leader(rank_, effect.job.gang);
  const bool member = effect.gang > 0 && rank_ != leader;
  trainers_.push_back(std::make_unique<Trainer>(world_, effect.job, effect.gang, member, fault, [this] { wake(); }));
  trainer_ = trainers_.back().get();
  trace_.line(name_, std::string("starts a trainer, which ") + name_of(fault) + ":" +
                         text_of(Message(Assign{effect.job}), world_.history.names()).substr(6));
  if (member) world_.history.joins_gang(name_, effect.gang);
  if (effect.gang > 0 && !member) {
    const int size = effect.job.gang;
    const std::int64_t number = effect.gang;
    trainer_->gang_is_whole = [this, size, number] { return gang_is_whole(rank_, size, number); };
    trainer_->on_clean_end = [this, size, number] {
      for (int other = rank_ + 1; other < rank_ + size; ++other) {
        Trainer* const trainer = worker_of_rank(other)->trainer();
        if (trainer != nullptr && trainer->gang() == number) trainer->leave_with_leader();
      }
    };
  }
  trainer_->begin();
  if (mutation_ == Mutation::runs_twice) trainer_->hear(Assign{effect.job});
}

bool SimWorker::gang_is_whole(int leader, int size, std::int64_t number) const {
  for (int rank = leader + 1; rank < leader + size; ++rank) {
    const SimWorker* const other = worker_of_rank(rank);
    const bool there = other->alive() && other->trainer() != nullptr && other->trainer()->works() &&
                       other->trainer()->gang() == number;
    if (!there) return false;
  }
  return true;
}

void SimWorker::carry_out(const worker::JoinChild& effect) {
  if (trainer_ != nullptr) trainer_->hear(Assign{effect.job});
}

void SimWorker::carry_out(const worker::WriteChild& effect) {
  if (trainer_ != nullptr) trainer_->hear(effect.message);
}

void SimWorker::carry_out(const worker::KillChild& /*effect*/) {
  if (trainer_ != nullptr) trainer_->kill();
}

void SimWorker::carry_out(const worker::Send& effect) {
  const auto* report = std::get_if<Report>(&effect.message);
  if (report != nullptr) {
    if (mutation_ == Mutation::swallows_ends && ends_attempt(report->event)) return;
    on_report(*report);
  }
  send(0, effect.message);
}

void SimWorker::carry_out(const worker::SendMembers& effect) {
  for (int member = 1; member < effect.gang; ++member) send(rank_ + member, effect.message);
}

void SimWorker::carry_out(const worker::SendLeader& effect) {
  send(gang_leader(rank_, effect.gang), effect.message);
}

void SimWorker::send(int to, const Message& message) {
  if (trace_.wanted() && !std::holds_alternative<Beat>(message)) {
    trace_.line(name_, "-> " + std::to_string(to) + ": " + text_of(message, world_.history.names()));
  }
  transport_.send(to, message);
}

void SimWorker::carry_out(const worker::Exit& effect) {
  trace_.line(name_, "leaves with " + std::to_string(int(effect.code)));
  die();
  on_exit(effect.code);
}

void SimWorker::die() {
  alive_ = false;
  if (trainer_ != nullptr) trainer_->vanish();
  trainer_ = nullptr;
}

}  // namespace mer::simulation
