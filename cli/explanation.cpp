#include "cli/explanation.hpp"

#include <algorithm>
#include <cmath>

#include "cli/nodes_text.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "core/json.hpp"

namespace mer::cli {
namespace {

using storage::SweepActivity;
using Reasons = std::vector<std::string>;

std::string counted(std::int64_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::string short_id(const TrialFacts& facts) {
  return facts.detail.row.id.hex.substr(0, 8);
}

std::string name_of(const storage::SweepSummary& sweep) {
  return "sweep " + std::to_string(sweep.id.number) + " (" + sweep.name + ")";
}

std::string again(const TrialFacts& facts) {
  return "`merctl retry " + short_id(facts) + "` tries it again";
}

Reasons reasons_of_end(const TrialFacts& facts) {
  const storage::TrialRow& row = facts.detail.row;
  const auto& attempts = facts.detail.attempts;
  switch (row.state) {
    case TrialState::done:
      return {"it has its result, by attempt " + std::to_string(attempts.empty() ? 0 : attempts.back().attempt)};
    case TrialState::failed:
      return {
          row.message,
          "it has crashed " + counted(row.crashes, "time") + "; " + std::to_string(facts.max_attempts) + " are allowed",
          again(facts)};
    case TrialState::diverged:
      return {row.message,
              "a retry would come to the same: change the settings, or `merctl retry " + short_id(facts) + "`"};
    default: return {"somebody cancelled it", again(facts)};
  }
}

bool is_absent(const TrialFacts& facts) {
  const auto standing = nlohmann::json::parse(facts.standing.value_or("{}"), nullptr, false);
  return standing.is_object() && standing.value("absent", false);
}

Reasons reasons_of_run(const TrialFacts& facts) {
  const storage::AttemptRow& attempt = facts.detail.attempts.back();
  const storage::TrialRow& row = facts.detail.row;
  Reasons reasons = {"worker " + std::to_string(attempt.worker) + " on " + attempt.host + " has it, as attempt " +
                     std::to_string(attempt.attempt) + " since " + time_text(attempt.started_at) + "; epoch " +
                     std::to_string(row.epoch) + " of " + std::to_string(row.epochs)};
  if (!facts.holder) {
    reasons.push_back("but nobody holds the store: its run was killed, and the next one resumes it");
  } else if (is_absent(facts)) {
    reasons.push_back("its job was another coordinator's, and has not joined this one yet");
  }
  return reasons;
}

// What its sweeps say; empty: one of them is active.
Reasons reasons_of_sweeps(const TrialFacts& facts) {
  const auto is_active = [](const auto& sweep) { return sweep.activity == SweepActivity::active; };
  if (std::ranges::any_of(facts.sweeps, is_active)) return {};
  Reasons reasons;
  for (const storage::SweepSummary& sweep : facts.sweeps) {
    const bool paused = sweep.activity == SweepActivity::paused;
    reasons.push_back(name_of(sweep) + " is " + storage::name_of(sweep.activity) + "; `merctl " +
                      (paused ? "resume " : "retry ") + sweep.name + "` goes on");
  }
  return reasons;
}

// Of a trial that may be begun, as far as its sweeps go.
Reasons reasons_of_queue(const TrialFacts& facts, const nlohmann::json& standing) {
  Reasons reasons;
  if (standing.contains("needs_s") && standing.contains("job_ends_in_s")) {
    const double left = std::max(0.0, standing["job_ends_in_s"].get<double>());
    return {"it needs about " + duration_text(standing["needs_s"].get<double>()) + " more, and this job ends in " +
            duration_text(left) + ": the next one has time for it"};
  }
  const auto number = [&](const char* key) { return standing.value(key, std::int64_t{0}); };
  if (standing.value("pausing", false)) reasons.push_back("the run is being paused");
  if (standing.value("leaving", false)) {
    reasons.push_back("its cancelled attempt has not left worker " + std::to_string(number("worker")) + " yet");
  }
  if (standing.contains("backoff_s")) {
    reasons.push_back("it is tried again in " + duration_text(std::ceil(standing["backoff_s"].get<double>())) +
                      ", after crash " + std::to_string(facts.detail.row.crashes) + " of " +
                      std::to_string(facts.max_attempts));
  }
  if (number("workers") == 0) reasons.push_back("no worker has joined yet");
  if (number("of_higher_priority") > 0) {
    reasons.push_back(counted(number("of_higher_priority"), "trial") + " of sweeps with a higher priority go first");
  }
  if (number("before_it") > 0) reasons.push_back(counted(number("before_it"), "trial") + " of its sweep go first");
  if (number("workers") > 0 && number("full") == number("workers")) {
    reasons.push_back(number("workers") == 1 ? "the worker is full"
                                             : "all " + std::to_string(number("workers")) + " workers are full");
  }
  if (number("emptied") > 0) {
    reasons.push_back(counted(number("emptied"), "worker") +
                      " takes no more until it is empty: for a trial of another "
                      "shape, or one that must run with fewer neighbours");
  }
  if (reasons.empty()) reasons.push_back("a worker gets it next");
  return reasons;
}

Reasons reasons_of_wait(const TrialFacts& facts) {
  if (Reasons reasons = reasons_of_sweeps(facts); !reasons.empty()) return reasons;
  if (!facts.holder) return {"nobody works on this store; `merctl run SWEEP.json` does"};
  const std::string holder = "process " + std::to_string(facts.holder->pid) + " on " + facts.holder->host;
  if (!facts.standing) return {holder + " holds the store and does not answer: ask again in a moment"};
  const auto standing = nlohmann::json::parse(*facts.standing, nullptr, false);
  if (!standing.is_object() || !standing.value("known", false)) {
    return {"the run of " + holder + " leaves it out: it has gangs of another size than " + std::to_string(facts.gang) +
            " (resources.gpus_per_trial); run its sweep afterwards"};
  }
  return reasons_of_queue(facts, standing);
}

Reasons reasons_of_state(const TrialFacts& facts) {
  const TrialState state = facts.detail.row.state;
  if (is_final(state)) return reasons_of_end(facts);
  return state == TrialState::running ? reasons_of_run(facts) : reasons_of_wait(facts);
}

}  // namespace

std::vector<std::string> reasons_of(const TrialFacts& facts) {
  Reasons reasons = reasons_of_state(facts);
  for (const storage::ExcludedNode& node : facts.excluded) {
    const auto failed_there = [&](const storage::AttemptRow& attempt) {
      return attempt.host == node.host && attempt.outcome == "failed";
    };
    if (std::ranges::any_of(facts.detail.attempts, failed_there)) {
      reasons.push_back("it has failed on a node that gets no trials any more: " + sentence_of(node));
    }
  }
  return reasons;
}

}  // namespace mer::cli
