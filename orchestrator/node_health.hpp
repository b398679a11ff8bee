// NodeHealth: which hosts fail the trials that they are given, told apart from trials that fail anywhere.
//
// A host is at fault, and excluded, when the last `limit` different trials that ended there all crashed (as they are
// charged: alone, or blamed by their trainer), none of them has crashed on another host too, another host has finished
// a trial or saved a checkpoint since the first of these crashes, and workers of a host that is not excluded are left.
// When one of these trials then crashes elsewhere, it says nothing about the host any more, which is taken back if too
// few others do. People exclude hosts, and take them back, as they like.
// Excluded hosts get no trials, as long as a host that is not excluded has workers. A host without a name is never
// at fault.
// Threads: one; pure. Errors: none.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/ids.hpp"

namespace mer::orchestrator {

struct NodeCrash {
  TrialId trial;
  int times = 0;
  bool operator==(const NodeCrash&) const = default;
};

struct NodeVerdict {
  std::string host;
  bool excluded = true;                 // else it is taken back
  std::vector<NodeCrash> refunds = {};  // crashes that were the host's fault
  std::string why = {};                 // "3 trials in a row failed there, last: 0a1b2c3d: exit status 3"
  bool operator==(const NodeVerdict&) const = default;
};

class NodeHealth {
 public:
  // limit: 0: no host is ever at fault.
  explicit NodeHealth(int limit) : limit_(limit) {}

  // A worker, or a gang.
  void joined(const std::string& host);
  void left(const std::string& host);

  void crashed(const std::string& host, const TrialId& trial, const std::string& message);
  void saved(const std::string& host);     // a checkpoint
  void finished(const std::string& host);  // a trial, which has its result or diverged
  void forget(const TrialId& trial);       // it starts afresh

  // Those that are excluded from now on, all of them.
  void set_excluded(const std::set<std::string>& hosts);

  bool is_shut_out(const std::string& host) const;  // it gets no trials

  // What has been found since the last call.
  std::vector<NodeVerdict> take_verdicts();

 private:
  struct Suspect {
    std::vector<NodeCrash> crashes = {};  // one for each trial, in order
    std::string message = {};             // of the last
    bool others_work = false;             // since the first of them
  };

  bool crashed_elsewhere(const std::string& host, const TrialId& trial);
  bool another_is_left(const std::string& host) const;
  void others_than(const std::string& host);
  void judge(const std::string& host, Suspect& suspect);

  int limit_;
  std::map<std::string, int> workers_;       // of each host
  std::map<std::string, Suspect> suspects_;  // hosts with crashes
  std::set<std::string> excluded_;
  std::set<TrialId> anywhere_;  // trials that have crashed on two hosts
  std::vector<NodeVerdict> verdicts_;
};

}  // namespace mer::orchestrator
