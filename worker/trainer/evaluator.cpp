#include "worker/trainer/evaluator.hpp"

#include <ATen/core/grad_mode.h>
#include <algorithm>

#include "worker/trainer/batches.hpp"
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

// Collects one task's batches.
class PartCollector {
 public:
  PartCollector(const EvaluationTask& task, int classes) : task_(task) {
    result_.confusion = ConfusionMatrix(classes);
    result_.probabilities.resize(task.part->rows.size() * std::size_t(classes));
  }

  // The task's k-th batch; empty when it has fewer.
  std::span<const std::uint32_t> batch(std::size_t k) const {
    const std::span<const std::uint32_t> all = task_.part->corpus_order;
    const auto size = std::size_t(task_.trial->job.spec.train.batch_dialogues);
    const std::size_t begin = std::min(k * size, all.size());
    return all.subspan(begin, std::min(size, all.size() - begin));
  }

  void add(const JobInput& input, const ShareRows& share, const LossComponents& losses, const HostLogits& logits,
           std::int64_t first_row) {
    means_.add(losses, share.scored_count);
    for (std::size_t i = 0; i < share.rows.size(); ++i) {
      if (!share.scored[i]) continue;
      const auto row_logits = logits.row(first_row + std::int64_t(i));
      result_.confusion.at(int(input.labels[share.rows[i]]), predicted_class(row_logits)) += 1;
      const auto& rows = task_.part->rows;
      const auto position = std::lower_bound(rows.begin(), rows.end(), share.rows[i]) - rows.begin();
      write_probabilities(row_logits, result_.probabilities.data() + position * logits.classes);
    }
  }

  Evaluation finish() && {
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

std::vector<Evaluation> evaluate(model::StackedModel& model, const JobInput& input,
                                 std::span<const EvaluationTask> tasks) {
  const at::NoGradGuard no_grad;
  std::vector<model::SlotSettings> settings(std::size_t(model.slots()));
  std::vector<PartCollector> collectors;
  for (const EvaluationTask& task : tasks) {
    settings[std::size_t(task.slot)] = evaluation_settings(task.trial->job.spec);
    collectors.emplace_back(task, model.shape().classes);
  }

  for (std::size_t k = 0;; ++k) {
    std::vector<SlotShare> shares(std::size_t(model.slots()));
    bool any = false;
    for (std::size_t t = 0; t < tasks.size(); ++t) {
      const auto dialogues = collectors[t].batch(k);
      if (dialogues.empty()) continue;
      shares[std::size_t(tasks[t].slot)] = {tasks[t].trial, tasks[t].part, dialogues};
      any = true;
    }
    if (!any) break;

    const StackBatch gathered = gather_batch(input, shares, model.shape().dtype);
    const model::Representations representations = model.forward(gathered.batch, settings);
    const auto losses = components_by_slot(model.losses(gathered.batch, representations, settings), model.slots());
    const HostLogits logits(representations.logits);
    for (std::size_t t = 0; t < tasks.size(); ++t) {
      const int slot = tasks[t].slot;
      if (shares[std::size_t(slot)].dialogues.empty()) continue;
      collectors[t].add(input, gathered.shares[std::size_t(slot)], losses[std::size_t(slot)], logits,
                        gathered.batch.layout.slot_begin(slot));
    }
  }

  std::vector<Evaluation> results;
  for (PartCollector& collector : collectors) results.push_back(std::move(collector).finish());
  return results;
}

}  // namespace mer::trainer
