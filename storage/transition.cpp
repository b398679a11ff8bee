#include "storage/transition.hpp"

#include <algorithm>
#include <array>

namespace mer::storage {
namespace {

constexpr std::array kOutcomes = {Outcome::running, Outcome::finished, Outcome::diverged,
                                  Outcome::stopped, Outcome::failed,   Outcome::lost};

std::string one_line_of(const Failure& failure) {
  std::string text = failure.message;
  if (text.empty()) text = std::string(name_of(failure.kind)) + " " + std::to_string(failure.code);
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::string one_line_of(const AttemptDiverged& diverged) {
  return "loss " + diverged.component + " became NaN or infinite in epoch " + std::to_string(diverged.epoch) +
         ", step " + std::to_string(diverged.step);
}

}  // namespace

Status check_submission(const Submission& submission) {
  const auto configurations = static_cast<int>(submission.sweep.configurations.size());
  const auto folds = static_cast<int>(submission.folds.size());
  for (const PlannedTrial& trial : submission.trials) {
    if (trial.configuration < 0 || trial.configuration >= configurations || trial.fold < 0 || trial.fold >= folds) {
      return invalid("trial " + trial.spec.id.hex + " names configuration " + std::to_string(trial.configuration) +
                     " of " + std::to_string(configurations) + " and fold " + std::to_string(trial.fold) + " of " +
                     std::to_string(folds));
    }
  }
  if (!submission.test_parts.empty() && submission.test_parts.size() != submission.folds.size()) {
    return invalid("the submission has " + std::to_string(submission.folds.size()) + " folds and " +
                   std::to_string(submission.test_parts.size()) + " test parts");
  }
  return {};
}

const char* name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::running: return "running";
    case Outcome::finished: return "finished";
    case Outcome::diverged: return "diverged";
    case Outcome::stopped: return "stopped";
    case Outcome::failed: return "failed";
    case Outcome::lost: return "lost";
  }
  return "lost";
}

std::optional<Outcome> outcome_from(const std::string& name) {
  for (const Outcome outcome : kOutcomes) {
    if (name == name_of(outcome)) return outcome;
  }
  return std::nullopt;
}

Verdict judge(const TrialFacts& facts, const Claim& claim) {
  if (claim.attempt == facts.attempt && claim.attempt > 0) {
    return claim.worker == facts.worker ? Verdict::repeat : Verdict::stale;
  }
  if (claim.attempt < facts.attempt || claim.attempt < 1 || is_final(facts.state)) return Verdict::stale;
  return Verdict::apply;
}

Verdict judge(const TrialFacts& facts, const Recorded& recorded) {
  if (facts.attempt == 0 || recorded.report.attempt != facts.attempt) return Verdict::stale;
  return facts.outcome == Outcome::running ? Verdict::apply : Verdict::repeat;
}

std::optional<AttemptEnd> end_of(const TrialFacts& facts, const Recorded& recorded) {
  const AttemptEvent& event = recorded.report.event;
  if (std::holds_alternative<AttemptFinished>(event)) {
    return AttemptEnd{Outcome::finished, TrialState::done, refunded(facts.crashes), ""};
  }
  if (const auto* diverged = std::get_if<AttemptDiverged>(&event)) {
    return AttemptEnd{Outcome::diverged, TrialState::diverged, refunded(facts.crashes), one_line_of(*diverged)};
  }
  if (std::holds_alternative<AttemptStopped>(event)) {
    return AttemptEnd{Outcome::stopped, TrialState::pending, refunded(facts.crashes), ""};
  }
  if (const auto* failed = std::get_if<AttemptFailed>(&event)) {
    return AttemptEnd{Outcome::failed, recorded.after_failure,
                      recorded.refund ? refunded(facts.crashes) : facts.crashes, one_line_of(failed->failure)};
  }
  return std::nullopt;
}

Verdict judge(const TrialFacts& facts, const Refunded& /*refunded*/) {
  return is_final(facts.state) && facts.state != TrialState::failed ? Verdict::stale : Verdict::apply;
}

TrialFacts after(TrialFacts facts, const Refunded& refunded) {
  facts.crashes = std::max(facts.state == TrialState::running ? 1 : 0, facts.crashes - refunded.crashes);
  if (facts.state == TrialState::failed) facts.state = TrialState::pending;
  return facts;
}

Reuse reuse_of(TrialState state, const std::string& code_of_its_end, const Submission& submission) {
  if (!is_final(state)) return Reuse::share;
  const bool has_result = state == TrialState::done || state == TrialState::diverged;
  const bool same_code = code_of_its_end == submission.code_version;
  return has_result && same_code && !submission.fresh ? Reuse::reuse : Reuse::supersede;
}

int refunded(int crashes) {
  return std::max(0, crashes - 1);
}

}  // namespace mer::storage
