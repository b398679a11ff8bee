#include "model/device/steps.hpp"

#include <ATen/ATen.h>
#include <algorithm>
#include <utility>

#include "core/check.hpp"
#include "model/device/device.hpp"

namespace mer::model {
namespace {

// Recordings kept; their memory is shared but for inputs and results. An epoch's batches of uneven dialogues fall into
// dozens of buckets.
constexpr std::size_t kMostRecordings = 64;
constexpr std::size_t kMostWithFeatures = 16;  // whose inputs are large

// Each loss of a step, in a fixed order; function takes and may replace it.
template <class Function>
void for_each_loss(Losses& losses, const Function& function) {
  for (at::Tensor* loss : {&losses.total, &losses.task, &losses.auxiliary, &losses.subspace, &losses.similarity,
                           &losses.difference, &losses.reconstruction, &losses.cycle}) {
    if (loss->defined()) function(*loss);
  }
  for (at::Tensor& loss : losses.auxiliary_by_modality) function(loss);
}

Losses without_graph(Losses losses) {
  for_each_loss(losses, [](at::Tensor& loss) { loss = loss.detach(); });
  return losses;
}

}  // namespace

struct DeviceSteps::Recorded {
  Recorded(const Shape& shape, const Bucket& bucket, FeatureTable* table) : stage(shape, bucket, table) {}

  Stage stage;
  Losses losses;
  at::Tensor logits;
  at::Tensor norms;  // [slots], double; training only
  std::unique_ptr<grid::Recording> recording;
};

DeviceSteps::DeviceSteps(StackedModel& model, std::unique_ptr<FeatureTable> table)
    : model_(model), table_(std::move(table)) {
  for (int i = 0; i < model.parameter_count(); ++i) {
    exp_avg_.push_back(at::zeros_like(model.stacked_parameter(i).detach()));
    exp_avg_sq_.push_back(at::zeros_like(model.stacked_parameter(i).detach()));
  }
}

DeviceSteps::~DeviceSteps() = default;

LayoutPtr DeviceSteps::layout_for(std::span<const std::vector<std::int64_t>> lengths_by_slot,
                                  std::span<const std::int64_t> first_dialogues) const {
  return layout_in(bucket_of(lengths_by_slot), lengths_by_slot, first_dialogues);
}

at::Tensor DeviceSteps::host_features(const Layout& layout, bool trains, bool selects, std::size_t modality) {
  Bucket bucket = bucket_of(layout);
  bucket.trains = trains;
  bucket.selects = selects;
  return recorded(bucket).stage.host_features(modality);
}

StepOutcome DeviceSteps::train(const Batch& batch, std::span<const SlotStep> steps) {
  return run(batch, steps, true);
}

StepOutcome DeviceSteps::evaluate(const Batch& batch, std::span<const SlotSettings> settings) {
  std::vector<SlotStep> steps;
  for (const SlotSettings& slot : settings) steps.push_back({slot, false, {}});
  return run(batch, steps, false);
}

Batch DeviceSteps::on_device(const Batch& batch, std::span<const SlotSettings> settings) {
  std::vector<SlotStep> steps;
  for (const SlotSettings& slot : settings) steps.push_back({slot, false, {}});
  Bucket bucket = bucket_of(*batch.layout);
  bucket.selects = !batch.scored.empty();
  Recorded& step = recorded(bucket);
  step.stage.fill(batch, steps, false);
  return step.stage.batch();
}

at::Tensor DeviceSteps::exp_avg(int parameter, int slot) const {
  return model_.of_slot(parameter, exp_avg_[std::size_t(parameter)], slot);
}

at::Tensor DeviceSteps::exp_avg_sq(int parameter, int slot) const {
  return model_.of_slot(parameter, exp_avg_sq_[std::size_t(parameter)], slot);
}

void DeviceSteps::clear_moments(int slot) {
  for (int i = 0; i < model_.parameter_count(); ++i) {
    exp_avg(i, slot).zero_();
    exp_avg_sq(i, slot).zero_();
  }
}

DeviceSteps::Recorded& DeviceSteps::recorded(const Bucket& bucket) {
  const auto found = std::find_if(recorded_.begin(), recorded_.end(),
                                  [&](const auto& step) { return step->stage.bucket() == bucket; });
  if (found != recorded_.end()) {
    recorded_.splice(recorded_.begin(), recorded_, found);
  } else {
    if (recorded_.size() == (has_table() ? kMostRecordings : kMostWithFeatures)) {
      device_runtime().synchronize();  // queued work may read its buffers
      recorded_.pop_back();
    }
    recorded_.push_front(std::make_unique<Recorded>(model_.shape(), bucket, table_.get()));
  }
  return *recorded_.front();
}

void DeviceSteps::forget_all() {
  model_.clear_gradients();
  device_runtime().synchronize();
  recorded_.clear();
  device_runtime().give_back_unused();
}

StepOutcome DeviceSteps::run(const Batch& batch, std::span<const SlotStep> steps, bool trains) {
  try {
    return try_to_run(batch, steps, trains);
  } catch (const c10::OutOfMemoryError&) {
    forget_all();
    throw;
  } catch (const grid::OutOfMemory&) {
    forget_all();
    throw;
  }
}

StepOutcome DeviceSteps::try_to_run(const Batch& batch, std::span<const SlotStep> steps, bool trains) {
  Bucket bucket = bucket_of(*batch.layout);
  bucket.trains = trains;
  bucket.selects = !batch.scored.empty();
  Recorded& step = recorded(bucket);
  if (!step.recording) {
    step.stage.fill(batch, steps, /*rehearse=*/true);
    record(step);
  }
  step.stage.fill(batch, steps, /*rehearse=*/false);
  device_runtime().replay(*step.recording);
  return read(step);
}

// A rehearsal first: what libraries do at a first call must not be recorded.
void DeviceSteps::record(Recorded& step) {
  grid::Runtime& runtime = device_runtime();
  runtime.rehearse(true);
  try {
    compute(step);
    runtime.synchronize();
    runtime.rehearse(false);
    runtime.begin_recording();
  } catch (...) {
    runtime.rehearse(false);
    throw;
  }
  try {
    compute(step);
  } catch (...) {
    (void)runtime.end_recording();
    throw;
  }
  step.recording = runtime.end_recording();
}

void DeviceSteps::compute(Recorded& step) {
  const Batch batch = step.stage.batch();
  const bool trains = step.stage.bucket().trains;
  const at::AutoGradMode with_graph(trains);
  const std::vector<SlotSettings> settings(std::size_t(model_.slots()));  // those of the stage count
  const Representations representations = model_.forward(batch, settings);
  const Losses losses = model_.losses(batch, representations, settings);
  if (trains) {
    model_.clear_gradients();
    model_.backward(losses);
  }
  step.losses = without_graph(losses);
  step.logits = representations.logits.detach();
  if (!trains) return;
  step.norms = at::empty({model_.slots()}, at::TensorOptions(at::kDouble).device(device()));
  with_type(step.logits.scalar_type(), [&]<class T>(T) { update<T>(step); });
  model_.clear_gradients();
}

template <class T>
void DeviceSteps::update(Recorded& step) {
  std::vector<grid::Weights<T>> weights;
  for (int i = 0; i < model_.parameter_count(); ++i) {
    const at::Tensor values = model_.stacked_parameter(i).detach();
    const at::Tensor gradient = model_.stacked_gradient(i);
    if (!gradient.defined()) continue;
    const auto moments = [&](const std::vector<at::Tensor>& of) {
      return grid::Stacked<T>{of[std::size_t(i)].mutable_data_ptr<T>(), values.stride(0)};
    };
    weights.push_back({model_.parameter(i, 0).numel(),
                       {values.mutable_data_ptr<T>(), values.stride(0)},
                       moments(exp_avg_),
                       moments(exp_avg_sq_),
                       {gradient.const_data_ptr<T>(), gradient.stride(0)}});
  }
  grid::Update<T> op;
  op.slots = grid::Index(model_.slots());
  op.weights = weights.data();
  op.count = weights.size();
  op.steps = static_cast<const grid::OptimizerStep<T>*>(step.stage.optimizer_steps());
  op.learns = step.stage.learns();
  for_each_loss(step.losses, [&](const at::Tensor& loss) {
    MER_CHECK(op.loss_count < grid::Update<T>::kMaxLosses, "more losses than an update takes");
    op.losses[op.loss_count++] = loss.const_data_ptr<T>();
  });
  op.norms = step.norms.mutable_data_ptr<double>();
  grid::Runtime& runtime = device_runtime();
  grid::operations<T>(runtime).update(runtime, op);
}

StepOutcome DeviceSteps::read(const Recorded& step) const {
  grid::Runtime& runtime = device_runtime();
  const auto queue_download = [&](const at::Tensor& from) {
    const at::Tensor to = at::empty(from.sizes(), from.options().device(at::kCPU));
    runtime.download(to.mutable_data_ptr(), from.const_data_ptr(), from.nbytes());
    return to;
  };
  StepOutcome outcome;
  outcome.losses = step.losses;
  for_each_loss(outcome.losses, [&](at::Tensor& loss) { loss = queue_download(loss); });
  outcome.logits = queue_download(step.logits);
  if (step.norms.defined()) {
    outcome.norms.resize(std::size_t(step.norms.numel()));
    runtime.download(outcome.norms.data(), step.norms.const_data_ptr(), step.norms.nbytes());
  }
  runtime.synchronize();
  return outcome;
}

}  // namespace mer::model
