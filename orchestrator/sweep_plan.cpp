#include "orchestrator/sweep_plan.hpp"

#include <memory>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/nearest.hpp"
#include "core/quoting.hpp"
#include "core/sweep_resolve.hpp"
#include "core/trial.hpp"
#include "data/corpus_summary.hpp"

namespace mer::orchestrator {
namespace {

Status check_modalities(const Configuration& configuration, const data::Corpus& corpus) {
  for (const std::string& modality : configuration.model.modalities) {
    if (corpus.find(modality) != nullptr) continue;
    std::vector<std::string> known;
    for (const auto& features : corpus.features) known.push_back(features.modality);
    return invalid("/model/modalities: " + quote(modality) + did_you_mean(modality, known) + " is not in corpus " +
                   corpus.name + ", which has " + quote_list(known) + ": name one of these, or add features/" +
                   modality + ".safetensors to it");
  }
  return {};
}

storage::CorpusRecord record_of(const data::Corpus& corpus) {
  return {corpus.id,     corpus.name,
          corpus.path,   std::int64_t(corpus.utterances.size()),
          corpus.labels, data::corpus_summary(corpus)};
}

storage::FoldRecord record_of(const data::Fold& fold, const data::Corpus& corpus) {
  const auto count = [&](const std::vector<std::uint32_t>& part) {
    return std::int64_t(data::labelled(corpus, part).size());
  };
  return {fold.id,           fold.name,
          count(fold.train), count(fold.validation),
          count(fold.test),  "folds/" + fold.id.hex + ".json"};
}

storage::TestPart test_part_of(const data::Fold& fold, const data::Corpus& corpus) {
  storage::TestPart part;
  for (const std::uint32_t row : data::labelled(corpus, fold.test)) {
    part.utterances.push_back(corpus.utterances[row].id);
    part.truth.push_back(corpus.utterances[row].label);
    part.dialogues.push_back(corpus.utterances[row].dialogue);
  }
  return part;
}

ConfigurationId id_of(const Configuration& configuration, const data::Corpus& corpus, const data::FoldPlan& plan) {
  std::vector<FoldId> folds;
  for (const data::Fold& fold : plan.folds) folds.push_back(fold.id);
  return configuration_id_of(configuration, corpus.id, folds);
}

Error too_many() {
  return invalid("/: configurations, seeds and folds make more than " + std::to_string(kMaxTrials) +
                 " trials; take fewer, or several sweeps");
}

// Builds one plan: finds folds and corpora again instead of making them twice.
class Planner {
 public:
  Planner(const Sweep& sweep, const Corpora& corpora) : corpora_(corpora) { sweep_ = sweep; }

  Status add(int position) {
    Configuration& configuration = sweep_.configurations[std::size_t(position)];
    const auto found = corpora_.find(configuration.corpus);
    MER_CHECK(found != corpora_.end(), "a corpus of the sweep was not loaded");
    const data::Corpus& corpus = found->second;
    MER_TRY(check_modalities(configuration, corpus));
    if (corpus_ids_.insert(corpus.id).second) plan_.submission.corpora.push_back(record_of(corpus));

    MER_ASSIGN(const data::FoldPlan* folds, folds_of(configuration, corpus));
    if (plan_.submission.trials.size() + sweep_.seeds.size() * folds->folds.size() > kMaxTrials) return too_many();
    configuration.id = id_of(configuration, corpus, *folds);
    for (const std::uint64_t seed : sweep_.seeds) {
      for (const data::Fold& fold : folds->folds) add_trial(position, corpus, fold, seed);
    }
    return {};
  }

  SweepPlan take() && { return std::move(plan_); }

 private:
  struct KnownFolds {
    CorpusId corpus;
    FoldSettings settings;
    std::unique_ptr<const data::FoldPlan> plan;
  };

  Result<const data::FoldPlan*> folds_of(const Configuration& configuration, const data::Corpus& corpus) {
    for (const KnownFolds& known : known_folds_) {
      if (known.corpus == corpus.id && known.settings == configuration.folds) return known.plan.get();
    }
    MER_ASSIGN(data::FoldPlan folds, data::plan_folds(corpus, configuration.folds));
    for (const std::string& warning : folds.warnings) warn(warning);
    known_folds_.push_back({corpus.id, configuration.folds, std::make_unique<data::FoldPlan>(std::move(folds))});
    return known_folds_.back().plan.get();
  }

  void add_trial(int position, const data::Corpus& corpus, const data::Fold& fold, std::uint64_t seed) {
    const Configuration& configuration = sweep_.configurations[std::size_t(position)];
    storage::PlannedTrial trial;
    trial.configuration = position;
    trial.fold = position_of(fold, corpus);
    trial.spec.configuration = configuration.id;
    trial.spec.fold = fold.id;
    trial.spec.corpus = corpus.id;
    trial.spec.fold_name = fold.name;
    trial.spec.seed = seed;
    trial.spec.model = configuration.model;
    trial.spec.train = configuration.train;
    trial.spec.id = trial_id_of(trial.spec);
    plan_.submission.trials.push_back(std::move(trial));
  }

  int position_of(const data::Fold& fold, const data::Corpus& corpus) {
    const auto [known, is_new] = fold_positions_.try_emplace(fold.id, int(plan_.folds.size()));
    if (is_new) {
      plan_.folds.push_back({fold, &corpus});
      plan_.submission.folds.push_back(record_of(fold, corpus));
      plan_.submission.test_parts.push_back(test_part_of(fold, corpus));
    }
    return known->second;
  }

  void warn(const std::string& warning) {
    if (said_.insert(warning).second) plan_.warnings.push_back(warning);
  }

  const Corpora& corpora_;
  SweepPlan plan_;
  Sweep& sweep_ = plan_.submission.sweep;
  std::set<CorpusId> corpus_ids_;
  std::vector<KnownFolds> known_folds_;
  std::unordered_map<FoldId, int> fold_positions_;
  std::set<std::string> said_;
};

PartSummary summary_of(const data::Corpus& corpus, const std::vector<std::uint32_t>& rows) {
  PartSummary summary;
  const std::vector<std::uint32_t> own = data::labelled(corpus, rows);
  summary.utterances = std::int64_t(own.size());
  summary.classes.resize(corpus.labels.size());
  for (const std::uint32_t row : own) ++summary.classes[std::size_t(corpus.utterances[row].label)];
  return summary;
}

}  // namespace

Result<SweepPlan> plan_sweep(const Sweep& sweep, const Corpora& corpora, const std::string& code_version) {
  if (sweep.configurations.size() * sweep.seeds.size() > kMaxTrials) return too_many();
  Planner planner(sweep, corpora);
  for (int position = 0; position < int(sweep.configurations.size()); ++position) MER_TRY(planner.add(position));
  SweepPlan plan = std::move(planner).take();
  plan.submission.code_version = code_version;
  return plan;
}

PlanSummary describe(const SweepPlan& plan) {
  const storage::Submission& submission = plan.submission;
  PlanSummary summary;
  summary.configurations = std::int64_t(submission.sweep.configurations.size());
  summary.seeds = std::int64_t(submission.sweep.seeds.size());
  summary.fold_groups = summary.configurations * summary.seeds;
  std::unordered_set<TrialId> trials;
  for (const storage::PlannedTrial& trial : submission.trials) trials.insert(trial.spec.id);
  summary.trials = std::int64_t(trials.size());
  summary.corpora = submission.corpora;
  summary.warnings = plan.warnings;
  for (const PlannedFold& planned : plan.folds) {
    const data::Fold& fold = planned.fold;
    const data::Corpus& corpus = *planned.corpus;
    summary.folds.push_back({fold.id, fold.name, corpus.id, summary_of(corpus, fold.train),
                             summary_of(corpus, fold.validation), summary_of(corpus, fold.test), fold.shares_speakers,
                             fold.shares_dialogues});
  }
  return summary;
}

}  // namespace mer::orchestrator
