// The groups of a World: workers of other jobs that join its coordinators, and what goes wrong with them.
#include <algorithm>

#include "tests/simulation/job.hpp"
#include "tests/simulation/world.hpp"

namespace mer::simulation {

namespace {

constexpr std::size_t kMostGroups = 12;

}  // namespace

// While a coordinator answers; else the job that brings it waits, and does not come.
void World::start_group(Job& job) {
  if (over_ || !job.linked || groups_.size() >= kMostGroups) return;
  Group::Job of;
  of.number = 1001 + int(groups_.size());
  of.workers = plan_.gang * random_.pick(1, 2);
  of.patience = plan_.patience;
  of.trouble = plan_.trainer_faults * job.calm;
  of.zombies = plan_.zombies * job.calm;
  const Trainer::World world{of.number, plan_, queue_, random_, history_};
  groups_.push_back(std::make_unique<Group>(of, world, trace_, mutation_));
  Group& group = *groups_.back();
  auto line = find_coordinator(group, "");
  if (!line) return group.lose_node();
  group.begin(std::move(*line), [this, &group](const std::string& known) { return find_coordinator(group, known); });
}

// A coordinator without workers of its own needs some.
void World::keep_company(Job& job) {
  if (job.ended || over_) return;
  if (!a_group_lives()) start_group(job);
  queue_.after(Time(random_.between(1'000'000, 10'000'000)), [this, &job] { keep_company(job); });
}

// The one that holds the store is the newest.
std::optional<gateway::Line> World::find_coordinator(Group& group, const std::string& known) {
  const Job& job = *jobs_.back();
  if (!job.linked) return std::nullopt;
  if (job.name == known) return gateway::Line{known, nullptr};
  return gateway::Line{job.name, job.lines->connect([&group] { group.wake(); })};
}

void World::trouble_group(Job& job) {
  std::vector<Group*> living;
  for (const auto& group : groups_) {
    if (group->gateway_alive()) living.push_back(group.get());
  }
  if (living.empty()) return;
  Group& group = *living[std::size_t(random_.pick(0, int(living.size()) - 1))];
  const Time soon = queue_.now() + Time(random_.between(500'000, 45'000'000));
  switch (random_.pick(0, 5)) {
    case 0: return group.leave();
    case 1: return group.kill_gateway();
    case 2: trace_.line(group.name(), "loses its node"); return group.lose_node();
    case 3: trace_.line(group.name(), "has its gateway stopped for a while"); return group.stall_gateway(soon);
    case 4: {
      Trainer* const trainer = group.some_worker().trainer();
      if (trainer == nullptr) return;
      trace_.line(group.name(), "has a trainer killed");
      return trainer->kill();
    }
    default:
      if (!job.lines) return;
      trace_.line(job.name + "lines", "to its groups are silent for a while");
      job.lines->silence(soon);
  }
}

bool World::a_group_lives() const {
  return std::ranges::any_of(groups_, [](const auto& group) { return group->alive(); });
}

}  // namespace mer::simulation
