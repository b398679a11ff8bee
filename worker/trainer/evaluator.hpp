// Evaluation of a part in corpus order, without dropout and without autograd.
//
// Batches hold a fixed number of the trial's own dialogues, so that the losses that are statistics of a batch (eq 5, 6)
// do not depend on what else the stack evaluates. Threads: one thread owns the model.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "model/stacked_model.hpp"
#include "worker/trainer/batches.hpp"
#include "worker/trainer/job_input.hpp"
#include "worker/trainer/selection.hpp"

namespace mer::trainer {

struct EvaluationTask {
  int slot = 0;
  const TrialInput* trial = nullptr;
  const Part* part = nullptr;  // not empty
};

struct EvaluationStep {
  const StackBatch& gathered;
  const std::vector<model::SlotSettings>& settings;
};
// Calls `visit` with each batch of the tasks' parts, or with the gang's member's share of it; the share of a task that
// has no more dialogues is empty. device: where the model is, nullptr: on the CPU. REQUIRES: no slot twice.
void for_each_evaluation_step(const model::StackedModel& model, const JobInput& input,
                              std::span<const EvaluationTask> tasks, model::DeviceSteps* device, Gang* gang,
                              const std::function<void(const EvaluationStep&)>& visit);

// One evaluation per task, the same in every member of a gang. REQUIRES: no slot twice.
std::vector<Evaluation> evaluate(model::StackedModel& model, const JobInput& input,
                                 std::span<const EvaluationTask> tasks, model::DeviceSteps* device = nullptr,
                                 Gang* gang = nullptr);

// Adds up what each member has counted.
void sum_over(Gang* gang, ConfusionMatrix& matrix);

}  // namespace mer::trainer
