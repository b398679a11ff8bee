#include <cstdio>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/prepare.hpp"
#include "cli/store_access.hpp"
#include "core/joined.hpp"
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

using Rows = std::vector<std::vector<std::string>>;

std::string short_hash(const std::string& hex) {
  return hex.substr(0, 8);
}

void print_corpora(const PlanSummary& plan) {
  for (const storage::CorpusRecord& corpus : plan.corpora) {
    print_fact("corpus", short_hash(corpus.id.hex) + " " + corpus.name);
    print_fact("", std::to_string(corpus.utterances) + " utterances; classes in order: " + joined(corpus.labels, " "));
  }
}

void print_configurations(const Sweep& sweep) {
  Rows rows = {{"configuration", "settings that differ"}};
  for (const Configuration& configuration : sweep.configurations) {
    const std::string settings =
        joined(configuration.differing, " ", [](const auto& setting) { return setting.first + "=" + setting.second; });
    rows.push_back({short_hash(configuration.id.hex), settings.empty() ? "none" : settings});
  }
  std::printf("\n");
  print_columns(rows);
}

// One row for each part that has utterances.
void print_folds(const PlanSummary& plan) {
  Rows rows = {{"fold", "hash", "part", "utterances", "by class"}};
  for (const FoldSummary& fold : plan.folds) {
    std::vector<std::string> names = {fold.name, short_hash(fold.id.hex)};
    for (const auto& [part, summary] : {std::pair<const char*, const PartSummary&>{"train", fold.train},
                                        {"validation", fold.validation},
                                        {"test", fold.test}}) {
      if (summary.utterances == 0) continue;
      rows.push_back({names[0], names[1], part, std::to_string(summary.utterances),
                      joined(summary.classes, " ", [](std::int64_t count) { return std::to_string(count); })});
      names = {"", ""};
    }
  }
  std::printf("\n");
  print_columns(rows);
}

void print_plan(const PlanSummary& plan, const Sweep& sweep) {
  std::printf("%s: %lld configurations x %lld seeds, %lld fold groups, %lld trials\n", sweep.name.c_str(),
              static_cast<long long>(plan.configurations), static_cast<long long>(plan.seeds),
              static_cast<long long>(plan.fold_groups), static_cast<long long>(plan.trials));
  print_corpora(plan);
  print_configurations(sweep);
  print_folds(plan);
}

// How many trials have their result in the context's store already; 0 where there is none.
Result<std::int64_t> reusable(const Context& context, const storage::Submission& submission) {
  if (!storage::StoreDir::open(context.store)) return std::int64_t{0};
  MER_ASSIGN(const OpenStore store, open_store(context));
  return store.reader->count_reusable(submission);
}

}  // namespace

ExitCode plan_command(const Context& context, const SweepFileOptions& options) {
  if (!plain_format(context, "plan")) return ExitCode::usage;
  const Result<Prepared> prepared = prepare(options);
  if (!prepared) return report(context, prepared.error());
  const PlanSummary plan = orchestrator::describe(prepared->plan);
  const Sweep& sweep = prepared->plan.submission.sweep;
  const Result<std::int64_t> reused = reusable(context, prepared->plan.submission);
  if (!reused) return report(context, reused.error());
  if (context.format == Format::json) {
    json answer = plan_json(plan, sweep);
    answer["reusable"] = *reused;
    return end_with_document(context, answer);
  }
  for (const std::string& warning : plan.warnings) std::fprintf(stderr, "warning: %s\n", warning.c_str());
  if (context.format == Format::quiet) {
    std::printf("%lld\n", static_cast<long long>(plan.trials));
  } else {
    print_plan(plan, sweep);
    if (*reused > 0) {
      std::printf("\n%lld trials have their results in %s, by the same code: they are reused, unless --fresh\n",
                  static_cast<long long>(*reused), context.store.c_str());
    }
  }
  return ExitCode::done;
}

}  // namespace mer::cli
