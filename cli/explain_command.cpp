#include <cstdio>
#include <utility>

#include "cli/commands.hpp"
#include "cli/coordinator_client.hpp"
#include "cli/explanation.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/store_access.hpp"
#include "core/json.hpp"
#include "core/sweep_file.hpp"
#include "storage/text_layout.hpp"

namespace mer::cli {
namespace {

// nullopt: nobody answers.
std::optional<std::string> ask_coordinator(const storage::StoreDir& store, const TrialId& trial) {
  const Result<CoordinatorClient> client = CoordinatorClient::of(store);
  if (!client) return std::nullopt;
  Result<std::string> answer = client->get("/api/v1/trials/" + trial.hex + "/explain");
  return answer ? std::optional(std::move(answer).value()) : std::nullopt;
}

Result<TrialFacts> gather(const Context& context, const std::string& word) {
  MER_ASSIGN(const storage::StoreDir store, storage::StoreDir::open(context.store));
  TrialFacts facts;
  MER_ASSIGN(facts.holder, storage::StoreLock::holder(store));
  facts.excluded = storage::excluded_nodes(store);
  MER_ASSIGN(const OpenStore open, open_store(context));
  MER_ASSIGN(const TrialId id, open.reader->find_trial(word));
  MER_ASSIGN(facts.detail, open.reader->trial(id));
  for (const SweepId sweep : facts.detail.sweeps) {
    MER_ASSIGN(const storage::SweepDetail detail, open.reader->sweep(sweep));
    facts.sweeps.push_back(detail.summary);
    MER_ASSIGN(const Sweep resolved, sweep_frame_from_resolved(detail.resolved_json));
    facts.max_attempts = std::max(facts.max_attempts, resolved.max_attempts);
    facts.gang = resolved.resources.gpus_per_trial;
  }
  if (facts.holder && !is_final(facts.detail.row.state)) facts.standing = ask_coordinator(store, id);
  return facts;
}

std::string attempt_text(const storage::AttemptRow& attempt) {
  std::string text = attempt.outcome;
  if (attempt.ended_at) text += " after " + duration_text(*attempt.ended_at - attempt.started_at);
  text += ", worker " + std::to_string(attempt.worker) + " on " + attempt.host;
  if (attempt.failure) text += ": " + attempt.failure->message;
  return text;
}

void print_facts(const TrialFacts& facts, const std::vector<std::string>& reasons) {
  const storage::TrialRow& row = facts.detail.row;
  print_fact("trial", row.id.hex);
  print_fact("state", mer::name_of(row.state));
  for (std::size_t i = 0; i < reasons.size(); ++i) print_fact(i == 0 ? "why" : "", reasons[i]);
  for (const storage::SweepSummary& sweep : facts.sweeps) {
    print_fact("sweep", std::to_string(sweep.id.number) + " (" + sweep.name + "), " + storage::name_of(sweep.activity) +
                            ", priority " + std::to_string(sweep.priority));
  }
  print_fact("fold", facts.detail.spec.fold_name + ", seed " + std::to_string(row.seed));
  for (const storage::AttemptRow& attempt : facts.detail.attempts) {
    print_fact("attempt " + std::to_string(attempt.attempt), attempt_text(attempt));
  }
}

nlohmann::ordered_json json_of(const TrialFacts& facts, const std::vector<std::string>& reasons) {
  nlohmann::ordered_json json = {{"schema", 1},
                                 {"trial", facts.detail.row.id.hex},
                                 {"state", mer::name_of(facts.detail.row.state)},
                                 {"reasons", reasons}};
  if (facts.standing) json["coordinator"] = nlohmann::json::parse(*facts.standing, nullptr, false);
  return json;
}

}  // namespace

ExitCode explain_command(const Context& context, const std::string& trial) {
  if (!plain_format(context, "explain")) return ExitCode::usage;
  const Result<TrialFacts> facts = gather(context, trial);
  if (!facts) return report(context, facts.error());
  const std::vector<std::string> reasons = reasons_of(*facts);
  if (context.format == Format::json) {
    const nlohmann::json document = json_of(*facts, reasons);
    return end_with_document(context, document);
  }
  if (context.format == Format::quiet) {
    std::printf("%s\n", storage::printable(reasons.front()).c_str());
  } else {
    print_facts(*facts, reasons);
  }
  return ExitCode::done;
}

}  // namespace mer::cli
