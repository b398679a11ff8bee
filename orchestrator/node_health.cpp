#include "orchestrator/node_health.hpp"

#include <algorithm>
#include <utility>

namespace mer::orchestrator {
namespace {

std::string name_of(const TrialId& trial) {
  return trial.hex.substr(0, 8);
}

}  // namespace

void NodeHealth::joined(const std::string& host) {
  if (!host.empty()) ++workers_[host];
}

void NodeHealth::left(const std::string& host) {
  const auto known = workers_.find(host);
  if (known != workers_.end() && --known->second == 0) workers_.erase(known);
}

void NodeHealth::crashed(const std::string& host, const TrialId& trial, const std::string& message) {
  const bool says_nothing = limit_ == 0 || host.empty() || excluded_.contains(host) || anywhere_.contains(trial);
  if (says_nothing || crashed_elsewhere(host, trial)) return;
  Suspect& suspect = suspects_[host];
  auto known = std::ranges::find(suspect.crashes, trial, &NodeCrash::trial);
  if (known == suspect.crashes.end()) known = suspect.crashes.insert(known, {trial, 0});
  ++known->times;
  suspect.message = name_of(trial) + ": " + message;
  judge(host, suspect);
}

// Then it says nothing about either.
bool NodeHealth::crashed_elsewhere(const std::string& host, const TrialId& trial) {
  for (auto& [name, suspect] : suspects_) {
    if (name == host || std::erase_if(suspect.crashes, [&](const auto& one) { return one.trial == trial; }) == 0) {
      continue;
    }
    anywhere_.insert(trial);
    if (int(suspect.crashes.size()) < limit_ && excluded_.erase(name) > 0) {
      verdicts_.push_back({name, false, {}, "trial " + name_of(trial) + " failed on " + host + " too"});
    }
    return true;
  }
  return false;
}

void NodeHealth::saved(const std::string& host) {
  others_than(host);
}

void NodeHealth::finished(const std::string& host) {
  if (!excluded_.contains(host)) suspects_.erase(host);
  others_than(host);
}

void NodeHealth::others_than(const std::string& host) {
  if (host.empty()) return;
  for (auto& [name, suspect] : suspects_) {
    if (name == host) continue;
    suspect.others_work = true;
    judge(name, suspect);
  }
}

void NodeHealth::forget(const TrialId& trial) {
  anywhere_.erase(trial);
  for (auto& [name, suspect] : suspects_) {
    std::erase_if(suspect.crashes, [&](const NodeCrash& crash) { return crash.trial == trial; });
  }
}

void NodeHealth::judge(const std::string& host, Suspect& suspect) {
  const bool at_fault = int(suspect.crashes.size()) >= limit_ && suspect.others_work && another_is_left(host);
  if (!at_fault || !excluded_.insert(host).second) return;
  NodeVerdict verdict{host};
  for (NodeCrash& crash : suspect.crashes) {  // each is given back once, also if the host is taken back in between
    if (crash.times > 0) verdict.refunds.push_back(crash);
    crash.times = 0;
  }
  verdict.why = std::to_string(suspect.crashes.size()) + " trials in a row failed there, last: " + suspect.message;
  verdicts_.push_back(std::move(verdict));
}

bool NodeHealth::another_is_left(const std::string& host) const {
  return std::ranges::any_of(workers_,
                             [&](const auto& one) { return one.first != host && !excluded_.contains(one.first); });
}

void NodeHealth::set_excluded(const std::set<std::string>& hosts) {
  for (const std::string& host : excluded_) {
    if (!hosts.contains(host)) suspects_.erase(host);
  }
  excluded_ = hosts;
}

bool NodeHealth::is_shut_out(const std::string& host) const {
  return excluded_.contains(host) && another_is_left(host);
}

std::vector<NodeVerdict> NodeHealth::take_verdicts() {
  return std::exchange(verdicts_, {});
}

}  // namespace mer::orchestrator
