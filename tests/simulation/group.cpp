#include "tests/simulation/group.hpp"

#include <utility>

namespace mer::simulation {

using namespace std::chrono_literals;

Group::Group(Job job, const Trainer::World& world, Trace& trace, Mutation mutation)
    : job_(job),
      world_{job.number, world.plan, world.queue, world.random, world.history},
      trace_(trace),
      mutation_(mutation),
      name_("group " + std::to_string(job.number)),
      network_(job.workers + 1, world.plan, world.queue, world.random,
               [this](int rank) {
                 if (rank > 0) return workers_[std::size_t(rank - 1)]->wake();
                 wake();
               }),
      transport_(network_, 0),
      clock_offset_(world.random.between(0, 1'000'000'000)) {
  for (int rank = 1; rank <= job.workers; ++rank) add_worker(rank);
}

void Group::add_worker(int rank) {
  const std::string name = name_ + " worker " + std::to_string(rank);
  workers_.push_back(
      std::make_unique<SimWorker>(world_, trace_, network_, rank, "node of " + name_, name, job_.trouble, mutation_));
  SimWorker* const worker = workers_.back().get();
  worker->worker_of_rank = [this](int other) { return workers_[std::size_t(other - 1)].get(); };
  worker->on_exit = [this](ExitCode code) {
    if (code != ExitCode::done) abort();
  };
  world_.queue.after(Time(world_.random.between(0, 800'000)), [worker] { worker->begin(); });
}

void Group::begin(gateway::Line line, gateway::FindCoordinator find) {
  gateway::GatewayLimits limits;
  limits.patience = std::chrono::duration_cast<std::chrono::milliseconds>(job_.patience);
  gateway_ = std::make_unique<gateway::Gateway>(transport_, name_, std::move(line), std::move(find), limits);
  trace_.line(name_, "begins");
  wake();
}

void Group::wake() {
  plan_step(world_.queue.now() + Time(world_.random.between(100, 10'000)));
}

void Group::plan_step(Time when) {
  when = std::max(when, stalled_until_);
  const bool planned = next_step_ >= world_.queue.now();
  if (!gateway_alive_ || ending_ || (planned && next_step_ <= when)) return;
  next_step_ = when;
  world_.queue.at(when, [this, when] {
    if (gateway_alive_ && !ending_ && when == next_step_) step();
  });
}

void Group::step() {
  next_step_ = Time(-1);
  if (world_.queue.now() < stalled_until_) return plan_step(stalled_until_);
  if (const auto code = gateway_->step(now())) return end(*code);
  const bool mail = network_.has_mail(0);
  plan_step(world_.queue.now() +
            Time(mail ? world_.random.between(1000, 10'000) : world_.random.between(300'000, 1'000'000)));
}

void Group::end(ExitCode code) {
  trace_.line(name_, "its gateway ends with " + std::to_string(int(code)));
  ending_ = true;
  say_goodbye(world_.queue.now() + 2s, code);
}

void Group::say_goodbye(Time give_up, ExitCode code) {
  if (!gateway_alive_) return;
  if (!gateway_->said_goodbye(now()) && world_.queue.now() < give_up) {
    return world_.queue.after(100ms, [this, give_up, code] { say_goodbye(give_up, code); });
  }
  gateway_alive_ = false;
  const bool ended_well = code == ExitCode::done || code == ExitCode::paused || code == ExitCode::idle;
  if (!ended_well) return abort();
  world_.queue.after(12s, [this] { abort(); });
}

void Group::leave() {
  if (!gateway_alive_ || ending_) return;
  trace_.line(name_, "is asked to leave");
  gateway_->request_leave();
}

void Group::kill_gateway() {
  if (!gateway_alive_) return;
  trace_.line(name_, "its gateway is killed");
  gateway_alive_ = false;
  abort();
}

void Group::abort() {
  if (!std::exchange(aborted_, true)) kill_all(2500ms);
}

void Group::kill_all(Time within) {
  Random& random = world_.random;
  for (int rank = 0; rank <= job_.workers; ++rank) {
    if (within > 0s && random.chance(job_.zombies)) {
      trace_.line(name_ + " rank " + std::to_string(rank), "cannot be killed");
      continue;
    }
    world_.queue.after(Time(within > 0s ? random.between(100'000, within.count()) : 0), [this, rank] {
      if (rank > 0) return workers_[std::size_t(rank - 1)]->die();
      gateway_alive_ = false;
    });
  }
}

bool Group::alive() const {
  return gateway_alive_ || std::ranges::any_of(workers_, [](const auto& worker) { return worker->alive(); });
}

}  // namespace mer::simulation
