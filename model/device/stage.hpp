// Stage: the inputs of all steps of one bucket: buffers on the device at fixed addresses, which recorded work reads,
// and their images in pinned memory, which the host fills before each step.
//
// Threads: one thread. Errors: as model/device/device.hpp.
#pragma once

#include <ATen/core/Tensor.h>
#include <span>
#include <vector>

#include "model/device/bucket.hpp"
#include "model/device/device.hpp"
#include "model/device/rows.hpp"
#include "model/stacked_model.hpp"

namespace mer::model {

// One slot's part in a step.
struct SlotStep {
  SlotSettings settings;
  bool learns = false;  // its weights are updated if all its losses and its gradient norm are finite
  grid::OptimizerStep<double> optimizer;
};

// A batch on the host, laid out as its bucket wants it.
Batch in_bucket(const Batch& batch, const Bucket& bucket);

// A buffer on both sides.
struct Staged {
  at::Tensor host, device;

  Staged() = default;
  Staged(at::IntArrayRef sizes, at::ScalarType type);
  void upload() const;
};

class Stage {
 public:
  Stage(const Shape& shape, const Bucket& bucket);

  const Bucket& bucket() const { return bucket_; }
  // Where a step's features may be gathered in the first place: [slots * bucket.rows, dim].
  const at::Tensor& host_features(std::size_t modality) const { return features_[modality].host; }

  // Takes in one step's batch: its layout is layout_in(bucket, ...). Queues what brings it to the device; the host's
  // images must stay as they are until then. rehearse: no slot learns.
  void fill(const Batch& batch, std::span<const SlotStep> steps, bool rehearse);

  const Batch& batch() const { return batch_; }  // on the device; labels are those of the scored rows
  const void* optimizer_steps() const;           // grid::OptimizerStep<T> of each slot, on the device
  const std::int32_t* learns() const;            // of each slot, on the device

 private:
  // Where the parts of the control block begin, in 32-bit words.
  struct Places {
    std::int64_t row_count, dialogue_begin, dialogue_of_row;
    std::int64_t scored_count, scored_begin, scored_dialogue, sources, scored_places;
    std::int64_t learns, numbers, optimizer, end;
  };
  static Places places_of(int slots, const Bucket& bucket);

  std::int32_t* host(std::int64_t place) const { return control_.host.mutable_data_ptr<std::int32_t>() + place; }
  const std::int32_t* on_device(std::int64_t place) const {
    return control_.device.const_data_ptr<std::int32_t>() + place;
  }
  void connect();
  void fill_rows(const Layout& layout);
  void fill_selection(const Batch& batch);
  void fill_labels(const Batch& batch);
  void fill_numbers(const Layout& layout, std::span<const SlotStep> steps, bool rehearse);

  int slots_;
  Bucket bucket_;
  Places places_;
  Staged control_, labels_, alpha_, beta_;
  std::vector<Staged> features_;
  Batch batch_;
};

}  // namespace mer::model
