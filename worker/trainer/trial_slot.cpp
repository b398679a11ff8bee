#include "worker/trainer/trial_slot.hpp"

#include <ATen/ATen.h>
#include <algorithm>
#include <cmath>
#include <utility>

#include "core/check.hpp"
#include "core/sha256.hpp"
#include "worker/trainer/evaluator.hpp"

namespace mer::trainer {
namespace {

std::vector<NamedTensor> parameters_of(model::StackedModel& model, int slot) {
  std::vector<NamedTensor> parameters;
  for (int i = 0; i < model.parameter_count(); ++i) {
    parameters.push_back({model.parameter_name(i), model.parameter(i, slot)});
  }
  return parameters;
}

std::vector<NamedTensor> live_state(const std::vector<NamedTensor>& parameters, const Optimizer& optimizer) {
  std::vector<NamedTensor> live = optimizer.state();
  for (const NamedTensor& parameter : parameters) live.push_back({"weights/" + parameter.name, parameter.tensor});
  return live;
}

Optimizer optimizer_of(const TrainSettings& settings, const std::vector<NamedTensor>& parameters, int slot,
                       model::DeviceSteps* device) {
  if (device == nullptr) return {settings, parameters};
  device->clear_moments(slot);
  std::vector<at::Tensor> exp_avg, exp_avg_sq;
  for (int i = 0; i < int(parameters.size()); ++i) {
    exp_avg.push_back(device->exp_avg(i, slot));
    exp_avg_sq.push_back(device->exp_avg_sq(i, slot));
  }
  return {settings, parameters, std::move(exp_avg), std::move(exp_avg_sq)};
}

EpochRow row_of(Split split, int epoch, const Evaluation& evaluation) {
  EpochRow row;
  row.split = split;
  row.epoch = epoch;
  row.utterances = evaluation.utterances;
  row.losses = evaluation.losses;
  row.confusion = evaluation.confusion;
  return row;
}

}  // namespace

TrialSlot::TrialSlot(const StackJob& stack, TrialInput trial, const Environment& environment,
                     model::StackedModel& model, int slot, model::DeviceSteps* device, Gang* gang)
    : trial_(std::move(trial)),
      model_(model),
      slot_(slot),
      gang_(gang),
      parameters_(parameters_of(model, slot)),
      optimizer_(optimizer_of(trial_.job.spec.train, parameters_, slot, device)),
      checkpointer_(stack, trial_.job, environment, live_state(parameters_, optimizer_)) {
  model_.initialise(slot_, trial_.job.spec.seed);
}

Result<AttemptStarted> TrialSlot::start(const Environment& environment) {
  AttemptStarted started;
  started.environment = environment;
  MER_ASSIGN(auto state, checkpointer_.restore(started.refused_checkpoints, gang_));
  if (state) {
    epoch_ = state->epoch;
    step_ = state->step;
    best_ = std::move(state->best);
  }
  started.resumed_epoch = epoch_;
  begin_epoch();
  return started;
}

void TrialSlot::begin_epoch() {
  order_ = data_order(trial_.job.spec.seed, epoch_ + 1, trial_.fold->train.dialogues.size());
  position_ = 0;
  losses_ = LossMeans();
  confusion_ = ConfusionMatrix(model_.shape().classes);
  norm_sum_ = 0;
  norm_count_ = 0;
}

SlotShare TrialSlot::next_share() const {
  const auto batch = std::size_t(trial_.job.spec.train.batch_dialogues);
  const std::size_t count = std::min(batch, order_.size() - position_);
  return share_of(trial_, trial_.fold->train, std::span(order_).subspan(position_, count), gang_);
}

model::SlotSettings TrialSlot::settings() const {
  const TrialSpec& spec = trial_.job.spec;
  return {spec.model.dropout, spec.model.alpha, spec.model.beta, spec.seed, step_};
}

model::SlotStep TrialSlot::device_step() const {
  return {settings(), true, optimizer_step(trial_.job.spec.train, step_ + 1)};
}

std::vector<at::Tensor> TrialSlot::gradients() const {
  std::vector<at::Tensor> gradients;
  for (int i = 0; i < model_.parameter_count(); ++i) gradients.push_back(model_.grad(i, slot_));
  return gradients;
}

std::optional<AttemptDiverged> TrialSlot::learn(const LossComponents& losses, const ShareRows& share,
                                                const std::vector<std::int64_t>& labels, const HostLogits& logits,
                                                std::int64_t first_row) {
  if (const auto component = not_finite(losses)) return AttemptDiverged{epoch_ + 1, step_, *component};
  MER_CHECK(share.batch_scored_count > 0, "a training batch has rows to learn from");
  const std::vector<at::Tensor> slopes = gradients();
  const double norm = gradient_norm(slopes);
  if (!std::isfinite(norm)) return AttemptDiverged{epoch_ + 1, step_, "gradient norm"};

  optimizer_.step(slopes, step_ + 1);
  collect(losses, norm, share, labels, logits, first_row);
  return std::nullopt;
}

std::optional<AttemptDiverged> TrialSlot::learnt(const LossComponents& losses, double norm, const ShareRows& share,
                                                 const std::vector<std::int64_t>& labels, const HostLogits& logits,
                                                 std::int64_t first_row) {
  if (const auto component = not_finite(losses)) return AttemptDiverged{epoch_ + 1, step_, *component};
  if (!std::isfinite(norm)) return AttemptDiverged{epoch_ + 1, step_, "gradient norm"};
  collect(losses, norm, share, labels, logits, first_row);
  return std::nullopt;
}

// One more step is done.
void TrialSlot::collect(const LossComponents& losses, double norm, const ShareRows& share,
                        const std::vector<std::int64_t>& labels, const HostLogits& logits, std::int64_t first_row) {
  ++step_;
  losses_.add(losses, share.batch_scored_count);
  norm_sum_ += norm;
  ++norm_count_;
  for (std::size_t i = 0; i < share.rows.size(); ++i) {
    if (!share.scored[i]) continue;
    confusion_.at(int(labels[share.rows[i]]), predicted_class(logits.row(first_row + std::int64_t(i)))) += 1;
  }
  position_ += next_share().batch.size();
}

bool TrialSlot::evaluates() const {
  const TrainSettings& train = trial_.job.spec.train;
  return (epoch_ + 1) % train.evaluate_every == 0 || epoch_ + 1 == train.epochs;
}

std::vector<EpochRow> TrialSlot::end_epoch(const Evaluation* validation, const Evaluation* test) {
  MER_CHECK(epoch_ended() && evaluates() == (test != nullptr), "an epoch ends after its last batch and evaluation");
  ++epoch_;
  std::vector<EpochRow> rows;
  if (test != nullptr) {
    sum_over(gang_, confusion_);
    EpochRow train = row_of(Split::train, epoch_, {losses_.utterances(), losses_.mean(), confusion_, {}});
    train.gradient_norm = norm_sum_ / double(norm_count_);
    train.learning_rate = trial_.job.spec.train.learning_rate;
    rows.push_back(std::move(train));
    if (validation != nullptr) rows.push_back(row_of(Split::validation, epoch_, *validation));
    rows.push_back(row_of(Split::test, epoch_, *test));
    best_.update(epoch_, validation, *test);
    if (finished()) last_ = selected_of(SelectionRule::last, Metric::macro_f1, epoch_, *test);
  }
  if (!finished()) {
    checkpointer_.remember(epoch_, step_, best_);
    begin_epoch();
  }
  return rows;
}

TrialResult TrialSlot::result() const {
  MER_CHECK(finished() && last_, "a result needs the last epoch");
  TrialResult result;
  result.epochs = epoch_;
  result.selected.push_back(*last_);
  for (const Best& best : best_.entries()) result.selected.push_back(best.selected);
  Sha256 hash;
  for (const NamedTensor& parameter : parameters_) {
    const at::Tensor values = parameter.tensor.cpu();
    hash.update(std::span(static_cast<const std::byte*>(values.const_data_ptr()), values.nbytes()));
    result.parameters += parameter.tensor.numel();
  }
  result.weights_sha256 = hash.hex();
  return result;
}

}  // namespace mer::trainer
