#include "tests/storage/builders.hpp"

#include <cstdio>
#include <cstdlib>
#include <unistd.h>
#include <utility>

namespace mer::storage::test {
namespace {

constexpr int kTestUtterances = 20;  // 10 of each class

TrialSpec spec_of(const Submission& submission, int configuration, int fold, std::uint64_t seed) {
  TrialSpec spec;
  spec.id = trial_of(configuration, fold, seed);
  spec.configuration = submission.sweep.configurations[static_cast<std::size_t>(configuration)].id;
  spec.fold = submission.folds[static_cast<std::size_t>(fold)].id;
  spec.corpus = submission.corpora.front().id;
  spec.fold_name = submission.folds[static_cast<std::size_t>(fold)].name;
  spec.seed = seed;
  spec.model = submission.sweep.configurations[static_cast<std::size_t>(configuration)].model;
  spec.train = submission.sweep.configurations[static_cast<std::size_t>(configuration)].train;
  return spec;
}

Configuration configuration_of(int position) {
  Configuration configuration;
  configuration.id.hex = hex_of('c', position);
  configuration.corpus.path = "/corpora/small";
  configuration.folds.scheme = FoldSchemeKind::speaker;
  configuration.folds.validation = ValidationKind::partner;
  configuration.model.alpha = 0.1 * position;
  configuration.train.epochs = 4;
  configuration.differing = {{"model.alpha", "0." + std::to_string(position)}};
  return configuration;
}

FoldRecord fold_of(int position) {
  const std::string hex = hex_of('f', position);
  return {{hex}, "speaker-" + std::to_string(position), 80, 0, kTestUtterances, "folds/" + hex + ".json"};
}

TestPart test_part_of(int fold) {
  TestPart part;
  for (int i = 0; i < kTestUtterances; ++i) {
    part.utterances.push_back("fold" + std::to_string(fold) + "_utterance" + std::to_string(i));
    part.truth.push_back(i < kTestUtterances / 2 ? 0 : 1);
    part.dialogues.push_back("fold" + std::to_string(fold) + "_dialogue" + std::to_string(i % 4));
  }
  return part;
}

}  // namespace

std::string hex_of(char kind, int a, int b, std::uint64_t c) {
  char digits[40];
  std::snprintf(digits, sizeof digits, "%c%07x%08x%016llx", kind, static_cast<unsigned>(a), static_cast<unsigned>(b),
                static_cast<unsigned long long>(c));
  return digits;
}

TrialId trial_of(int configuration, int fold, std::uint64_t seed) {
  return {hex_of('a', configuration, fold, seed)};
}

Submission submission_of(const Shape& shape) {
  Submission submission;
  submission.sweep.name = shape.name;
  submission.sweep.seeds = shape.seeds;
  submission.sweep.select = shape.select;
  submission.sweep.published = {{"Du et al., Table 5", Metric::macro_f1, 0.8526}};
  submission.sweep.resolved_json = "{\"name\":\"" + shape.name + "\",\"folds\":" + std::to_string(shape.folds) + "}";
  submission.corpora = {{{hex_of('d', 1)}, "small", "/corpora/small", 100, {"angry", "happy"}, "{\"speakers\":3}"}};
  submission.code_version = "0.1.0-test";
  submission.submitted_at = 1000;
  for (int c = 0; c < shape.configurations; ++c) submission.sweep.configurations.push_back(configuration_of(c));
  for (int f = 0; f < shape.folds; ++f) {
    submission.folds.push_back(fold_of(f));
    submission.test_parts.push_back(test_part_of(f));
  }
  for (int c = 0; c < shape.configurations; ++c) {
    for (const std::uint64_t seed : shape.seeds) {
      for (int f = 0; f < shape.folds; ++f) submission.trials.push_back({spec_of(submission, c, f, seed), c, f});
    }
  }
  return submission;
}

ConfusionMatrix confusion_of(int right, int wrong) {
  ConfusionMatrix matrix(2);
  matrix.at(0, 0) = matrix.at(1, 1) = right;
  matrix.at(0, 1) = matrix.at(1, 0) = wrong;
  return matrix;
}

EpochRow row_of(Split split, int epoch, double total) {
  EpochRow row;
  row.split = split;
  row.epoch = epoch;
  row.utterances = 20;
  row.losses.total = total;
  row.losses.task = 1.25;
  row.losses.auxiliary = 0.5;
  row.losses.auxiliary_by_modality = {0.3, 0.2};
  row.losses.subspace = 0.75;
  row.losses.similarity = 0.1;
  row.losses.difference = 1e-300;
  row.losses.reconstruction = 0.4;
  row.confusion = confusion_of(7, 3);
  if (split == Split::train) {
    row.gradient_norm = 2.5;
    row.learning_rate = 1e-4;
  }
  return row;
}

EpochDone epoch_of(int epoch, double total) {
  return {{row_of(Split::train, epoch, total), row_of(Split::test, epoch, total)}, {epoch, 1.5, 0.25, 1000.0 + epoch}};
}

Selected selected_of(SelectionRule rule, Metric metric, int epoch, int right, int wrong) {
  Selected selected{rule, metric, epoch, confusion_of(right, wrong), {}};
  for (int truth = 0; truth < 2; ++truth) {
    for (int i = 0; i < right + wrong; ++i) {
      const bool says_zero = (truth == 0) == (i < right);
      selected.probabilities.push_back(says_zero ? 0.75F : 0.125F);
      selected.probabilities.push_back(says_zero ? 0.25F : 0.875F);
    }
  }
  return selected;
}

AttemptFinished finished_of(int right) {
  TrialResult result;
  result.epochs = 4;
  result.selected.push_back(selected_of(SelectionRule::last, Metric::macro_f1, 4, right, 10 - right));
  for (const Metric metric : {Metric::wa, Metric::ua, Metric::macro_f1, Metric::weighted_f1}) {
    result.selected.push_back(selected_of(SelectionRule::best_test, metric, 2, right, 10 - right));
  }
  result.weights_sha256 = std::string(64, '7');
  result.parameters = 12345;
  result.wall_seconds = 3.5;
  result.peak_memory = 1 << 20;
  result.profile = {60, {0.125, 0.5, 0.25, 1, 0.1, 0.75, 0.2, 0.3}};
  return {result};
}

Claim claim(const TrialId& trial, int attempt, int worker) {
  return {trial, attempt, worker, "node1", 100.0 + attempt};
}

Recorded recorded(const TrialId& trial, int attempt, AttemptEvent event) {
  return {{trial, attempt, std::move(event)}, TrialState::pending, false, 200.0 + attempt};
}

CheckpointSaved checkpoint_of(const TrialId& trial, int attempt, int epoch) {
  return {{trial, attempt, epoch,
           "checkpoints/x/" + std::to_string(attempt) + "-" + std::to_string(epoch) + ".safetensors",
           std::string(64, 'e'), 4096}};
}

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "mer-storage-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) std::abort();
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace mer::storage::test
