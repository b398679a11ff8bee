// Of the coordinator: nodes that are excluded, and the book that keeps them.
#include <algorithm>
#include <spdlog/spdlog.h>
#include <utility>

#include "core/json.hpp"
#include "orchestrator/coordinator.hpp"

namespace mer::orchestrator {

using nlohmann::json;

void Coordinator::carry_out(const JudgeNode& effect) {
  const auto& [host, excluded, refunds, why] = effect.verdict;
  json trials = json::array();
  for (const NodeCrash& crash : refunds) {
    writes_.emplace_back(storage::Refunded{crash.trial, crash.times});
    TrialState& state = trials_[positions_.at(crash.trial)].trial.state;
    if (state == TrialState::failed) state = TrialState::pending;
    trials.push_back(crash.trial.hex);
  }
  if (excluded) {
    excluded_.insert(host);
    spdlog::warn("node {} is excluded: {}; `merctl node include {}` takes it back", host, why, host);
  } else {
    excluded_.erase(host);
    spdlog::info("node {} is taken back: {}", host, why);
  }
  const char* const type = excluded ? "node_excluded" : "node_included";
  const json line = {{"type", type}, {"node", host}, {"trials", trials}, {"message", why}};
  lines_.push_back(line.dump(-1, ' ', false, json::error_handler_t::replace));
  if (!settings_.nodes.excluded) return;
  const Status noted = excluded ? settings_.nodes.exclude(host, why) : settings_.nodes.include(host);
  if (!noted && !broken_) broken_ = noted.error();
}

// A gang's only if it is on one host.
std::string Coordinator::host_of(int leader) const {
  const std::string& host = ranks_[std::size_t(leader)].host;
  const auto is_there = [&](const Rank& rank) { return rank.host == host; };
  const auto first = ranks_.begin() + leader;
  return std::all_of(first, first + settings_.gang, is_there) ? host : "";
}

void Coordinator::look_into_node_book(TimePoint now) {
  if (!settings_.nodes.excluded || (last_nodes_ && now - *last_nodes_ < settings_.nodes_every)) return;
  last_nodes_ = now;
  std::set<std::string> excluded = settings_.nodes.excluded();
  if (excluded == excluded_) return;
  for (const std::string& host : excluded) {
    if (!excluded_.contains(host)) spdlog::info("node {} is excluded", host);
  }
  for (const std::string& host : excluded_) {
    if (!excluded.contains(host)) spdlog::info("node {} is taken back", host);
  }
  excluded_ = std::move(excluded);
  feed(NodesExcluded{excluded_}, now);
}

// Workers of other jobs, as long as somebody is left: their nodes are of no use here. Those of this job stay, and idle.
void Coordinator::send_excluded_away(TimePoint now) {
  const auto is_excluded = [this](const Rank& rank) { return excluded_.contains(rank.host); };
  const auto is_of_use = [&](const Rank& rank) { return rank.here && !rank.leaving && !is_excluded(rank); };
  if (excluded_.empty() || std::ranges::none_of(ranks_, is_of_use)) return;
  transport::Departures departures;
  for (int rank = transport_.lasting(); rank < int(ranks_.size()); ++rank) {
    const Rank& worker = ranks_[std::size_t(rank)];
    if (worker.here && !worker.leaving && is_excluded(worker)) departures.leaving.push_back(rank);
  }
  see_off(departures, now);
}

}  // namespace mer::orchestrator
