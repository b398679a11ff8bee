// The faults of a World: what goes wrong in a job, and when.
#include <algorithm>
#include <utility>

#include "tests/simulation/job.hpp"
#include "tests/simulation/world.hpp"

namespace mer::simulation {

void World::plan_faults(Job& job) {
  plan_fault(job, plan_.kills, &World::kill_somebody);
  plan_fault(job, plan_.node_losses, &World::lose_node);
  plan_fault(job, plan_.stalls, &World::stall_somebody);
  plan_fault(job, plan_.clock_jumps, &World::jump_clock);
  plan_fault(job, plan_.disk_faults, &World::break_disk);
  plan_fault(job, plan_.pauses, &World::ask_for_pause);
  plan_fault(job, plan_.asks, &World::ask_for_something);
  plan_fault(job, plan_.cuts, &World::cut_link);
  plan_fault(job, plan_.silences, &World::silence_link);
  plan_fault(job, plan_.node_asks, &World::ask_about_node);
  plan_fault(job, plan_.groups, &World::start_group);
  plan_fault(job, plan_.group_troubles, &World::trouble_group);
}

// Most runs are over after half a minute.
void World::plan_fault(Job& job, double mean, void (World::*fault)(Job&)) {
  for (double left = mean * job.calm; left > 0; left -= 1) {
    if (!random_.chance(std::min(left, 1.0))) continue;
    const Time when(random_.chance(0.7) ? random_.between(0, 20'000'000) : random_.between(0, 120'000'000));
    queue_.after(when, [this, &job, fault] {
      if (!job.ended) (this->*fault)(job);
    });
  }
}

void World::kill_somebody(Job& job) {
  const int rank = random_.pick(0, int(job.workers.size()));
  if (rank == 0) {
    if (random_.chance(0.7)) return lose_coordinator(job, "is killed");
    job.killed_while_sending = true;
    return;
  }
  SimWorker& worker = *job.workers[std::size_t(rank - 1)];
  if (!worker.alive()) return;
  if (random_.chance(0.5) && worker.trainer() != nullptr) {
    trace_.line(worker.name(), "its trainer is killed");
    return worker.trainer()->kill();
  }
  trace_.line(worker.name(), "is killed");
  worker.die();
  abort(job);
}

void World::lose_node(Job& job) {
  trace_.line(job.name, "loses a node");
  for (const auto& worker : job.workers) {
    if (random_.chance(0.5)) worker->die();
  }
  if (random_.chance(0.3)) lose_coordinator(job, "is lost with its node");
  abort(job);
}

void World::stall_somebody(Job& job) {
  const int rank = random_.pick(0, int(job.workers.size()));
  const Time until = queue_.now() + Time(random_.between(500'000, 45'000'000));
  trace_.line(job.name + "rank " + std::to_string(rank), "is stopped for a while");
  if (rank > 0) return job.workers[std::size_t(rank - 1)]->stall(until);
  job.stalled_until = std::max(job.stalled_until, until);
}

void World::jump_clock(Job& job) {
  const int rank = random_.pick(-1, int(job.workers.size()));
  const Time forward(random_.between(0, 40'000'000));
  trace_.line(job.name + "rank " + std::to_string(rank), "its clock jumps");
  if (rank < 0) {  // the calendar's
    wall_offset_ += double(random_.between(-100'000, 100'000));
  } else if (rank == 0) {
    job.offset += forward;
  } else {
    job.workers[std::size_t(rank - 1)]->jump_clock(forward);
  }
}

// Of a person, in the store's folder.
void World::ask_about_node(Job& /*job*/) {
  const std::string host = "node" + std::to_string(random_.pick(1, plan_.workers));
  const bool was_in = excluded_.erase(host) == 0;
  if (was_in) excluded_.insert(host);
  trace_.line("person", (was_in ? "excludes " : "takes back ") + host);
}

void World::break_disk(Job& /*job*/) {
  if (random_.chance(0.2)) {
    trace_.line("disk", "is full for a while");
    disk_.full_until = queue_.now() + Time(random_.between(1'000'000, 30'000'000));
    return;
  }
  disk_.next = DiskFault(random_.pick(1, 5));
  disk_.slowness =
      Time(random_.chance(0.8) ? random_.between(10'000, 5'000'000) : random_.between(1'000'000, 45'000'000));
  trace_.line("disk", name_of(disk_.next));
}

void World::ask_for_pause(Job& job) {
  if (!job.coordinator) return;
  trace_.line(job.name + "coordinator", "is asked to pause");
  job.coordinator->request_pause();
  history_.paused(job.writer->session());
}

std::pair<int, int> World::some_link(const Job& /*job*/) {
  const bool to_coordinator = plan_.workers == 1 || random_.chance(0.8);
  const int worker = random_.pick(1, plan_.workers);
  if (to_coordinator) return {0, worker};
  return {worker, worker % plan_.workers + 1};
}

void World::cut_link(Job& job) {
  if (job.workers.empty()) return;
  const auto [a, b] = some_link(job);
  const int way = random_.pick(0, 2);
  trace_.line(job.name + "link", "between " + std::to_string(a) + " and " + std::to_string(b) + " breaks");
  if (way != 1) job.network->cut(a, b);
  if (way != 0) job.network->cut(b, a);
}

void World::silence_link(Job& job) {
  if (job.workers.empty()) return;
  const auto [a, b] = some_link(job);
  const int way = random_.pick(0, 2);
  const Time until = queue_.now() + Time(random_.between(100'000, 50'000'000));
  trace_.line(job.name + "link", "between " + std::to_string(a) + " and " + std::to_string(b) + " is silent");
  if (way != 1) job.network->silence(a, b, until);
  if (way != 0) job.network->silence(b, a, until);
}

}  // namespace mer::simulation
