#include "worker/trainer/evaluator.hpp"

#include <ATen/core/grad_mode.h>
#include <algorithm>

#include "worker/trainer/epoch_means.hpp"

namespace mer::trainer {
namespace {

model::SlotSettings evaluation_settings(const TrialSpec& spec) {
  model::SlotSettings settings;
  settings.dropout = 0;
  settings.alpha = spec.model.alpha;
  settings.beta = spec.model.beta;
  settings.seed = spec.seed;
  return settings;
}

// The task's k-th batch; empty when it has fewer.
std::span<const std::uint32_t> dialogues_of(const EvaluationTask& task, std::size_t k) {
  const std::span<const std::uint32_t> all = task.part->corpus_order;
  const auto size = std::size_t(task.trial->job.spec.train.batch_dialogues);
  const std::size_t begin = std::min(k * size, all.size());
  return all.subspan(begin, std::min(size, all.size() - begin));
}

// Collects one task's batches.
class PartCollector {
 public:
  PartCollector(const EvaluationTask& task, int classes) : task_(task) {
    result_.confusion = ConfusionMatrix(classes);
    result_.probabilities.resize(task.part->rows.size() * std::size_t(classes));
  }

  void add(const JobInput& input, const ShareRows& share, const LossComponents& losses, const HostLogits& logits,
           std::int64_t first_row) {
    means_.add(losses, share.batch_scored_count);
    for (std::size_t i = 0; i < share.rows.size(); ++i) {
      if (!share.scored[i]) continue;
      const auto row_logits = logits.row(first_row + std::int64_t(i));
      result_.confusion.at(int(input.labels()[share.rows[i]]), predicted_class(row_logits)) += 1;
      const std::size_t place = task_.part->place_of(share.rows[i]);
      write_probabilities(row_logits, result_.probabilities.data() + place * std::size_t(logits.classes));
    }
  }

  // A row's probabilities are with the member that has the row, and 0 with the others.
  Evaluation finish(Gang* gang) && {
    sum_over(gang, result_.confusion);
    if (gang != nullptr) gang->sum(std::span(result_.probabilities));
    result_.utterances = means_.utterances();
    result_.losses = means_.mean();
    return std::move(result_);
  }

 private:
  EvaluationTask task_;
  LossMeans means_;
  Evaluation result_;
};

}  // namespace

void sum_over(Gang* gang, ConfusionMatrix& matrix) {
  if (gang == nullptr) return;
  std::vector<double> counts(matrix.counts.begin(), matrix.counts.end());
  gang->sum(std::span(counts));
  std::ranges::transform(counts, matrix.counts.begin(), [](double count) { return std::int64_t(count); });
}

void for_each_evaluation_step(const model::StackedModel& model, const JobInput& input,
                              std::span<const EvaluationTask> tasks, model::DeviceSteps* device, Gang* gang,
                              const std::function<void(const EvaluationStep&)>& visit) {
  const at::NoGradGuard no_grad;
  std::vector<model::SlotSettings> settings(std::size_t(model.slots()));
  for (const EvaluationTask& task : tasks) {
    settings[std::size_t(task.slot)] = evaluation_settings(task.trial->job.spec);
  }
  for (std::size_t k = 0;; ++k) {
    std::vector<SlotShare> shares(std::size_t(model.slots()));
    bool any = false;
    for (const EvaluationTask& task : tasks) {
      const auto dialogues = dialogues_of(task, k);
      if (dialogues.empty()) continue;
      shares[std::size_t(task.slot)] = share_of(*task.trial, *task.part, dialogues, gang);
      any = true;
    }
    if (!any) return;
    const StackBatch gathered = gather_batch(input, shares, model.shape().dtype, device);
    visit({gathered, settings});
  }
}

namespace {

struct Scored {
  model::Losses losses;
  at::Tensor logits;
};

Scored score(model::StackedModel& model, const EvaluationStep& step, model::DeviceSteps* device) {
  const model::Batch& batch = step.gathered.batch;
  if (device != nullptr) {
    const model::StepOutcome outcome = device->evaluate(batch, step.settings);
    return {outcome.losses, outcome.logits};
  }
  const model::Representations representations = model.forward(batch, step.settings);
  return {model.losses(batch, representations, step.settings), representations.logits};
}

}  // namespace

std::vector<Evaluation> evaluate(model::StackedModel& model, const JobInput& input,
                                 std::span<const EvaluationTask> tasks, model::DeviceSteps* device, Gang* gang) {
  std::vector<PartCollector> collectors;
  for (const EvaluationTask& task : tasks) collectors.emplace_back(task, model.shape().classes);
  for_each_evaluation_step(model, input, tasks, device, gang, [&](const EvaluationStep& step) {
    const model::Batch& batch = step.gathered.batch;
    const Scored scored = score(model, step, device);
    const auto losses = components_by_slot(scored.losses, model.slots());
    const HostLogits logits(scored.logits);
    for (std::size_t t = 0; t < tasks.size(); ++t) {
      const auto slot = std::size_t(tasks[t].slot);
      const ShareRows& share = step.gathered.shares[slot];
      if (share.batch_scored_count == 0) continue;
      collectors[t].add(input, share, losses[slot], logits, batch.layout->slots[slot].begin);
    }
  });

  std::vector<Evaluation> results;
  for (PartCollector& collector : collectors) results.push_back(std::move(collector).finish(gang));
  return results;
}

}  // namespace mer::trainer
