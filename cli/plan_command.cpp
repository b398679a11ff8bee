#include <cstdio>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/prepare.hpp"
#include "core/json.hpp"

namespace mer::cli {
namespace {

using nlohmann::json;
using orchestrator::FoldSummary;
using orchestrator::PartSummary;
using orchestrator::PlanSummary;

json part_json(const PartSummary& part) {
  return {{"utterances", part.utterances}, {"classes", part.classes}};
}

json plan_json(const PlanSummary& plan, const Sweep& sweep) {
  json folds = json::array();
  for (const FoldSummary& fold : plan.folds) {
    folds.push_back({{"name", fold.name},
                     {"id", fold.id.hex},
                     {"corpus", fold.corpus.hex},
                     {"train", part_json(fold.train)},
                     {"validation", part_json(fold.validation)},
                     {"test", part_json(fold.test)},
                     {"shares_speakers", fold.shares_speakers},
                     {"shares_dialogues", fold.shares_dialogues}});
  }
  json corpora = json::array();
  for (const storage::CorpusRecord& corpus : plan.corpora) {
    corpora.push_back({{"id", corpus.id.hex},
                       {"name", corpus.name},
                       {"path", corpus.path},
                       {"labels", corpus.labels},
                       {"utterances", corpus.utterances}});
  }
  json configurations = json::array();
  for (const Configuration& configuration : sweep.configurations) {
    json differing = json::object();
    for (const auto& [key, text] : configuration.differing) differing[key] = json::parse(text, nullptr, false);
    configurations.push_back({{"id", configuration.id.hex}, {"differing", std::move(differing)}});
  }
  return {{"schema", 1},
          {"name", sweep.name},
          {"configurations", std::move(configurations)},
          {"seeds", sweep.seeds},
          {"fold_groups", plan.fold_groups},
          {"trials", plan.trials},
          {"folds", std::move(folds)},
          {"corpora", std::move(corpora)},
          {"warnings", plan.warnings}};
}

std::string part_text(const PartSummary& part) {
  if (part.utterances == 0) return "-";
  std::string text = std::to_string(part.utterances) + " (";
  for (std::size_t i = 0; i < part.classes.size(); ++i) {
    text += (i == 0 ? "" : " ") + std::to_string(part.classes[i]);
  }
  return text + ")";
}

void print_plan(const PlanSummary& plan, const Sweep& sweep) {
  std::printf("%s: %lld configurations x %lld seeds, %lld fold groups, %lld trials\n", sweep.name.c_str(),
              static_cast<long long>(plan.configurations), static_cast<long long>(plan.seeds),
              static_cast<long long>(plan.fold_groups), static_cast<long long>(plan.trials));
  for (const storage::CorpusRecord& corpus : plan.corpora) {
    std::printf("corpus %s  %s: %lld utterances; classes in order:", corpus.id.hex.substr(0, 8).c_str(),
                corpus.name.c_str(), static_cast<long long>(corpus.utterances));
    for (const std::string& label : corpus.labels) std::printf(" %s", label.c_str());
    std::printf("\n");
  }
  std::printf("\n");
  std::vector<std::vector<std::string>> rows = {{"fold", "hash", "train (by class)", "validation", "test"}};
  for (const FoldSummary& fold : plan.folds) {
    rows.push_back(
        {fold.name, fold.id.hex.substr(0, 8), part_text(fold.train), part_text(fold.validation), part_text(fold.test)});
  }
  print_columns(rows);
}

}  // namespace

ExitCode plan_command(const Context& context, const SweepFileOptions& options) {
  if (!plain_format(context, "plan")) return ExitCode::usage;
  const Result<Prepared> prepared = prepare(options);
  if (!prepared) return report(context, prepared.error());
  const PlanSummary plan = orchestrator::describe(prepared->plan);
  const Sweep& sweep = prepared->plan.submission.sweep;
  if (context.format == Format::json) {
    std::printf("%s\n", plan_json(plan, sweep).dump(2).c_str());
    return ExitCode::done;
  }
  for (const std::string& warning : plan.warnings) std::fprintf(stderr, "warning: %s\n", warning.c_str());
  if (context.format == Format::quiet) {
    std::printf("%lld\n", static_cast<long long>(plan.trials));
  } else {
    print_plan(plan, sweep);
  }
  return ExitCode::done;
}

}  // namespace mer::cli
