// DeviceSteps: whole steps of a stack on the device: forward pass, losses, backward pass and update, recorded once for
// each bucket and queued as one piece from then on.
//
// In a gang (grid::Runtime::join()) every member takes each step, with as many slots, and with the same slots that
// learn, whatever rows of them it has; losses and norms are then those of the whole batch, logits those of its own
// rows.
//
// The host fills a step's inputs, queues it, and reads losses, logits and norms when it is done; nothing else passes
// between the two. A slot whose loss or gradient norm is not finite keeps its weights. Threads: one thread owns model
// and steps. Errors: as model/device/device.hpp. After a lack of memory the weights are as before the step, all
// recordings are forgotten, and smaller steps can go on.
#pragma once

#include <ATen/core/Tensor.h>
#include <list>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "model/device/stage.hpp"
#include "model/stacked_model.hpp"

namespace mer::model {

// On the host.
struct StepOutcome {
  Losses losses;
  at::Tensor logits;          // [layout rows, classes]
  std::vector<double> norms;  // of the gradients, by slot; training only
};

class DeviceSteps {
 public:
  // model: on the device, with all its slots in use; must outlive this. Later steps are of those slots that are then in
  // use, as many as their batch has. table: whose rows batches name; nullptr: they have features.
  explicit DeviceSteps(StackedModel& model, std::unique_ptr<FeatureTable> table = nullptr);
  ~DeviceSteps();

  bool has_table() const { return table_ != nullptr; }
  // The layout and, without a table, the feature buffers that a batch of these dialogues should be gathered with. The
  // buffers are those of the next step of this bucket; rows of nobody must be 0. first_dialogues: as layout_in() takes
  // them.
  LayoutPtr layout_for(std::span<const std::vector<std::int64_t>> lengths_by_slot,
                       std::span<const std::int64_t> first_dialogues = {}) const;
  at::Tensor host_features(const Layout& layout, bool trains, bool selects, std::size_t modality);

  // batch: on the host, with a layout of layout_for().
  StepOutcome train(const Batch& batch, std::span<const SlotStep> steps);
  StepOutcome evaluate(const Batch& batch, std::span<const SlotSettings> settings);

  // The batch on the device, to call the model on directly. Without dropout. Valid until the next step.
  Batch on_device(const Batch& batch, std::span<const SlotSettings> settings);

  // Adam's moments of one slot, as the parameters: views on the device; a new trial's are cleared.
  at::Tensor exp_avg(int parameter, int slot) const;
  at::Tensor exp_avg_sq(int parameter, int slot) const;
  void clear_moments(int slot);

  std::size_t recordings() const { return recorded_.size(); }

 private:
  struct Recorded;  // a bucket's stage, recording and results

  Recorded& recorded(const Bucket& bucket);
  void forget_all();
  StepOutcome run(const Batch& batch, std::span<const SlotStep> steps, bool trains);
  StepOutcome try_to_run(const Batch& batch, std::span<const SlotStep> steps, bool trains);
  void compute(Recorded& step);
  void record(Recorded& step);
  template <class T>
  void update(Recorded& step);
  StepOutcome read(const Recorded& step) const;

  StackedModel& model_;
  const std::unique_ptr<FeatureTable> table_;
  std::vector<at::Tensor> exp_avg_, exp_avg_sq_;   // by parameter, as its values
  std::list<std::unique_ptr<Recorded>> recorded_;  // the one used last comes first
};

}  // namespace mer::model
