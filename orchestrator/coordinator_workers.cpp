// The part of Coordinator that tells what it knows of its workers.
#include "core/json.hpp"
#include "orchestrator/coordinator.hpp"

namespace mer::orchestrator {

using nlohmann::json;

namespace {
template <class T>
json or_null(const std::optional<T>& value) {
  return value ? json(*value) : json();
}
}  // namespace

json Coordinator::worker_value(int rank, TimePoint now) const {
  const Rank& worker = ranks_[std::size_t(rank)];
  const int leader = gang_leader(rank, settings_.gang);
  json trials = json::array();
  for (const ClaimedTrial& held : scheduler_.held_by(WorkerId{leader})) {
    const Trial& trial = trials_[positions_.at(held.trial)];
    const SweepToRun& sweep = sweeps_[trial.sweep];
    trials.push_back({{"trial", held.trial.hex},
                      {"sweep", sweep.id.number},
                      {"name", name_of_trial(trial)},
                      {"attempt", held.attempt},
                      {"epoch", trial.epoch},
                      {"epochs", sweep.settings[std::size_t(trial.trial.settings)].train.epochs}});
  }
  const auto seconds_since = [&](TimePoint then) { return std::chrono::duration<double>(now - then).count(); };
  const auto rate = ranks_[std::size_t(leader)].epochs.per_minute(now);
  return {{"worker", rank},
          {"leader", leader},
          {"host", worker.host},
          {"group", worker.group},
          {"cores", worker.cores},
          {"device", worker.device},
          {"state", worker.leaving ? "leaving"
                    : worker.here  ? "here"
                                   : "awaited"},
          {"heard_s", worker.heard ? json(seconds_since(*worker.heard)) : json()},
          {"epochs_per_minute", or_null(rate)},
          {"cpu_cores", or_null(worker.use.cpu_cores)},
          {"memory_bytes", or_null(worker.use.memory_bytes)},
          {"gpu_memory_bytes", or_null(worker.use.gpu_memory_bytes)},
          {"gpu_percent", or_null(worker.use.gpu_percent)},
          {"trials", std::move(trials)}};
}

// Without those of other jobs that have gone.
std::string Coordinator::workers(TimePoint now) const {
  json all = json::array();
  for (int rank = 1; rank < int(ranks_.size()); ++rank) {
    const bool expected = rank < transport_.lasting();
    if (expected || ranks_[std::size_t(rank)].here) all.push_back(worker_value(rank, now));
  }
  const json answer = {{"schema", 1}, {"coordinator", true}, {"workers", std::move(all)}};
  return answer.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace mer::orchestrator
