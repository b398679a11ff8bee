#include "storage/sqlite_commit.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "core/scores.hpp"
#include "storage/codec.hpp"
#include "storage/sqlite_rows.hpp"

namespace mer::storage {
namespace {

// True when the query, bound already, has a row.
Result<bool> exists(Statement& query) {
  return query.step();
}

}  // namespace

Result<CommitBatch::Trial*> CommitBatch::find(const TrialId& id) {
  if (const auto known = trials_.find(id); known != trials_.end()) return &known->second;
  Trial trial;
  MER_ASSIGN(Statement query,
             db_.prepare("SELECT t.trial, t.state, t.attempt, t.crashes, a.outcome, a.worker FROM trials t "
                         "LEFT JOIN attempts a ON a.trial = t.trial AND a.attempt = t.attempt "
                         "WHERE t.id = ?"));
  MER_ASSIGN(const bool row, query.bind(id.hex).step());
  if (row) {
    trial.number = query.integer(0);
    MER_ASSIGN(trial.facts.state, read_state(query.text(1)));
    trial.facts.attempt = query.small(2);
    trial.facts.crashes = query.small(3);
    if (!query.is_null(4)) {
      MER_ASSIGN(trial.facts.outcome, read_outcome(query.text(4)));
    }
    trial.facts.worker = query.small(5);
  }
  return &trials_.emplace(id, trial).first->second;
}

Result<bool> CommitBatch::apply(const StoreWrite& write) {
  return std::visit([&](const auto& one) { return apply(one); }, write);
}

Result<bool> CommitBatch::apply(const Claim& claim) {
  MER_ASSIGN(Trial * trial, find(claim.trial));
  if (trial->number == 0) return false;
  TrialFacts& facts = trial->facts;
  const Verdict verdict = judge(facts, claim);
  if (verdict != Verdict::apply) return verdict == Verdict::repeat;

  if (facts.state == TrialState::running) {
    MER_ASSIGN(Statement close, db_.prepare("UPDATE attempts SET outcome = 'lost', ended_at = ? "
                                            "WHERE trial = ? AND attempt = ?"));
    MER_TRY(close.bind(claim.at, trial->number, facts.attempt).run());
  }
  facts = {TrialState::running, claim.attempt, facts.crashes + 1, Outcome::running, claim.worker};
  MER_ASSIGN(Statement insert, db_.prepare("INSERT INTO attempts (trial, attempt, worker, host, gateway, started_at, "
                                           "outcome) VALUES (?, ?, ?, ?, ?, ?, 'running')"));
  MER_TRY(insert.bind(trial->number, claim.attempt, claim.worker, claim.host, claim.group, claim.at).run());
  MER_ASSIGN(Statement update,
             db_.prepare("UPDATE trials SET state = 'running', attempt = ?, crashes = ?, message = '' "
                         "WHERE trial = ?"));
  MER_TRY(update.bind(facts.attempt, facts.crashes, trial->number).run());
  return true;
}

Result<bool> CommitBatch::apply(const Recorded& recorded) {
  const Report& report = recorded.report;
  MER_ASSIGN(Trial * trial, find(report.trial));
  if (trial->number == 0) return false;
  const Verdict verdict = judge(trial->facts, recorded);
  if (verdict == Verdict::stale) return false;
  if (verdict == Verdict::repeat) return stands(*trial, report);

  MER_TRY(std::visit([&](const auto& event) { return write(*trial, report.attempt, event); }, report.event));
  if (const auto end = end_of(trial->facts, recorded)) {
    MER_TRY(end_attempt(*trial, *end, recorded.at));
    if (end->outcome == Outcome::finished) finished_.push_back(report.trial);
  }
  return true;
}

Result<bool> CommitBatch::apply(const Refunded& refunded) {
  MER_ASSIGN(Trial * trial, find(refunded.trial));
  if (trial->number == 0 || judge(trial->facts, refunded) != Verdict::apply) return false;
  trial->facts = after(trial->facts, refunded);
  MER_ASSIGN(Statement update, db_.prepare("UPDATE trials SET state = ?, crashes = ? WHERE trial = ?"));
  MER_TRY(update.bind(name_of(trial->facts.state), trial->facts.crashes, trial->number).run());
  return true;
}

Result<bool> CommitBatch::stands(const Trial& trial, const Report& report) {
  if (const auto end = end_of(trial.facts, {.report = report, .after_failure = {}, .refund = {}, .at = 0})) {
    return end->outcome == trial.facts.outcome;
  }
  if (std::holds_alternative<AttemptStarted>(report.event)) {
    MER_ASSIGN(Statement query,
               db_.prepare("SELECT 1 FROM attempts WHERE trial = ? AND attempt = ? AND device NOT NULL"));
    return exists(query.bind(trial.number, report.attempt));
  }
  if (const auto* saved = std::get_if<CheckpointSaved>(&report.event)) {
    MER_ASSIGN(Statement query, db_.prepare("SELECT 1 FROM checkpoints WHERE trial = ? AND attempt = ? AND epoch = ?"));
    return exists(query.bind(trial.number, report.attempt, saved->checkpoint.epoch));
  }
  MER_ASSIGN(Statement query,
             db_.prepare("SELECT 1 FROM epochs WHERE trial = ? AND split = ? AND epoch = ? AND attempt = ?"));
  for (const EpochRow& row : std::get<EpochDone>(report.event).rows) {
    MER_ASSIGN(const bool found, exists(query.bind(trial.number, name_of(row.split), row.epoch, report.attempt)));
    if (!found) return false;
  }
  return true;
}

Status CommitBatch::write(const Trial& trial, int attempt, const AttemptStarted& started) {
  const Environment& where = started.environment;
  MER_ASSIGN(
      Statement update,
      db_.prepare("UPDATE attempts SET resumed_epoch = ?, refused_checkpoints = ?, trainer_host = ?, device = ?, "
                  "code_version = ?, versions = ?, threads = ?, pid = ? WHERE trial = ? AND attempt = ?"));
  return update
      .bind(started.resumed_epoch, strings_to_json(started.refused_checkpoints), where.host, where.device,
            where.code_version, where.versions, where.threads, where.pid, trial.number, attempt)
      .run();
}

Status CommitBatch::write(const Trial& trial, int attempt, const EpochDone& done) {
  int epoch = 0;
  MER_ASSIGN(Statement insert, db_.prepare(kInsertEpoch));
  for (const EpochRow& row : done.rows) {
    MER_TRY(insert_epoch(insert, trial.number, attempt, row));
    epoch = std::max(epoch, row.epoch);
  }
  MER_ASSIGN(Statement timing,
             db_.prepare("INSERT INTO timings (trial, epoch, attempt, train_seconds, "
                         "evaluate_seconds, finished_at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"));
  const EpochTiming& t = done.timing;
  MER_TRY(timing.bind(trial.number, t.epoch, attempt, t.train_seconds, t.evaluate_seconds, t.finished_at).run());
  MER_ASSIGN(Statement update, db_.prepare("UPDATE trials SET epoch = ?1 WHERE trial = ?2 AND epoch < ?1"));
  return update.bind(epoch, trial.number).run();
}

Status CommitBatch::write(const Trial& trial, int attempt, const CheckpointSaved& saved) {
  const CheckpointRecord& c = saved.checkpoint;
  MER_ASSIGN(Statement insert, db_.prepare("INSERT INTO checkpoints (trial, attempt, epoch, file, sha256, bytes) "
                                           "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"));
  MER_TRY(insert.bind(trial.number, attempt, c.epoch, c.file, c.sha256, c.bytes).run());
  MER_ASSIGN(Statement prune,
             db_.prepare("DELETE FROM checkpoints WHERE trial = ?1 AND (attempt, epoch) NOT IN (SELECT attempt, epoch "
                         "FROM checkpoints WHERE trial = ?1 ORDER BY attempt DESC, epoch DESC LIMIT 2)"));
  return prune.bind(trial.number).run();
}

Status CommitBatch::write(const Trial& trial, int attempt, const AttemptFinished& finished) {
  const TrialResult& r = finished.result;
  MER_ASSIGN(Statement result,
             db_.prepare("INSERT INTO trial_results (trial, attempt, epochs, weights_sha256, parameters, "
                         "wall_seconds, peak_memory, profile) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"));
  MER_TRY(result
              .bind(trial.number, attempt, r.epochs, r.weights_sha256, r.parameters, r.wall_seconds, r.peak_memory,
                    profile_to_json(r.profile))
              .run());
  MER_ASSIGN(Statement prediction,
             db_.prepare("INSERT INTO predictions (trial, number, probabilities) VALUES (?, ?, ?)"));
  MER_ASSIGN(Statement selected,
             db_.prepare("INSERT INTO selected (trial, rule, metric, epoch, confusion, prediction, wa, "
                         "ua, macro_f1, weighted_f1) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
                         "ON CONFLICT DO NOTHING"));
  std::vector<std::string> written;  // rules that chose the same epoch share its probabilities
  for (const Selected& s : r.selected) {
    MER_ASSIGN(const std::string confusion, pack_confusion(s.confusion));
    std::string probabilities = pack_floats(s.probabilities);
    auto number = static_cast<std::size_t>(std::find(written.begin(), written.end(), probabilities) - written.begin());
    if (number == written.size()) {
      MER_TRY(prediction.bind(trial.number, number, Blob{probabilities}).run());
      written.push_back(std::move(probabilities));
    }
    selected.bind(trial.number, name_of(s.rule), name_of(s.metric), s.epoch, Blob{confusion}, number);
    bind_scores(selected, 7, scores_of(s.confusion));
    MER_TRY(selected.run());
  }
  MER_ASSIGN(Statement spent, db_.prepare("DELETE FROM checkpoints WHERE trial = ?"));
  return spent.bind(trial.number).run();
}

Status CommitBatch::write(const Trial& trial, int attempt, const AttemptFailed& failed) {
  const Failure& f = failed.failure;
  MER_ASSIGN(Statement update,
             db_.prepare("UPDATE attempts SET failure_kind = ?, failure_code = ?, failure_message = ?, "
                         "log_tail = ? WHERE trial = ? AND attempt = ?"));
  return update.bind(name_of(f.kind), f.code, f.message, f.log_tail, trial.number, attempt).run();
}

Status CommitBatch::end_attempt(Trial& trial, const AttemptEnd& end, double at) {
  trial.facts.outcome = end.outcome;
  trial.facts.state = end.state;
  trial.facts.crashes = end.crashes;
  MER_ASSIGN(Statement attempt,
             db_.prepare("UPDATE attempts SET outcome = ?, ended_at = ? WHERE trial = ? AND attempt = ?"));
  MER_TRY(attempt.bind(name_of(end.outcome), at, trial.number, trial.facts.attempt).run());
  MER_ASSIGN(Statement update, db_.prepare("UPDATE trials SET state = ?, crashes = ?, message = ? WHERE trial = ?"));
  return update.bind(name_of(end.state), end.crashes, end.message, trial.number).run();
}

}  // namespace mer::storage
