#include "bench/scale/worker.hpp"

#include <algorithm>

#include "core/idle_pause.hpp"

namespace mer::scale {
namespace {

using namespace std::chrono_literals;

}  // namespace

Worker::Worker(const Trainer::Site& site, Wires& wires)
    : site_(site),
      transport_(wires, site.rank),
      agent_(Hello{"node" + std::to_string((site.rank - 1) / site.cluster.workers_per_node), site.rank, {}, "cpu"}) {}

// It polls: what comes is seen within the longest pause.
void Worker::wake() {
  plan_step(site_.queue.now() + Time(site_.random.between(0, Time(IdlePause::kLongest).count())));
}

void Worker::die() {
  alive_ = false;
  if (trainer_ != nullptr) trainer_->vanish();
  trainer_ = nullptr;
}

void Worker::plan_step(Time when) {
  const bool planned = next_step_ >= site_.queue.now();
  if (!alive_ || (planned && next_step_ <= when)) return;
  next_step_ = when;
  site_.queue.at(when, [this, when] {
    if (alive_ && when == next_step_) step();
  });
}

void Worker::step() {
  next_step_ = Time(-1);
  for (const transport::Envelope& envelope : transport_.poll()) feed(worker::FromCoordinator{*envelope.message});
  listen_to_trainer();
  feed(worker::Tick{});
  plan_step(site_.queue.now() + 1s);
}

void Worker::listen_to_trainer() {
  if (trainer_ == nullptr) return;
  for (const Trainer::Word& word : trainer_->take()) {
    if (const auto* message = std::get_if<Message>(&word)) {
      feed(worker::FromChild{*message});
    } else {
      trainer_ = nullptr;
      feed(std::get<worker::ChildExited>(word));
    }
  }
}

void Worker::feed(const worker::AgentEvent& event) {
  if (!alive_) return;
  for (const worker::AgentEffect& effect : agent_.on(event, worker::TimePoint(site_.queue.now()))) carry_out(effect);
}

void Worker::carry_out(const worker::AgentEffect& effect) {
  if (const auto* spawn = std::get_if<worker::SpawnChild>(&effect)) {
    trainers_.push_back(std::make_unique<Trainer>(site_, spawn->job, [this] { wake(); }));
    trainer_ = trainers_.back().get();
    trainer_->begin();
  } else if (const auto* join = std::get_if<worker::JoinChild>(&effect)) {
    if (trainer_ != nullptr) trainer_->hear(Assign{join->job});
  } else if (const auto* write = std::get_if<worker::WriteChild>(&effect)) {
    if (trainer_ != nullptr) trainer_->hear(write->message);
  } else if (const auto* sent = std::get_if<worker::Send>(&effect)) {
    transport_.send(0, sent->message);
  } else {  // Exit, or KillChild, which no sound trainer gets
    die();
  }
}

}  // namespace mer::scale
