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
#include "model/device/feature_table.hpp"
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
  // table: where batches name rows instead of having features; outlives this. nullptr: they have features.
  Stage(const Shape& shape, const Bucket& bucket, FeatureTable* table = nullptr);

  const Bucket& bucket() const { return bucket_; }
  // Where a step's features may be gathered in the first place: [slots * bucket.rows, dim]. REQUIRES: no table.
  const at::Tensor& host_features(std::size_t modality) const { return features_[modality].host; }

  // Takes in one step's batch: its layout is layout_in(bucket, ...). Queues what brings it to the device; the host's
  // images must stay as they are until then. rehearse: no slot learns.
  void fill(const Batch& batch, std::span<const SlotStep> steps, bool rehearse);

  // The batch on the device; labels are those of the scored rows. With a table: queues the gathering of its features.
  Batch batch() const;
  const void* optimizer_steps() const;  // grid::OptimizerStep<T> of each slot, on the device
  const std::int32_t* learns() const;   // of each slot, on the device

 private:
  // Where the parts of the control block begin, in 32-bit words.
  struct Places {
    std::int64_t row_count, dialogue_begin, dialogue_of_row;
    std::int64_t scored_count, scored_begin, scored_dialogue, sources, scored_places;
    std::int64_t table_rows, standardise;
    std::int64_t learns, numbers, optimizer, end;
  };
  static Places places_of(const Bucket& bucket, std::int64_t modalities);

  std::int32_t* host(std::int64_t place) const { return control_.host.mutable_data_ptr<std::int32_t>() + place; }
  const std::int32_t* on_device(std::int64_t place) const {
    return control_.device.const_data_ptr<std::int32_t>() + place;
  }
  std::int64_t standardise_place(std::int64_t modality) const;
  void connect();
  void fill_rows(const Layout& layout);
  void fill_selection(const Batch& batch);
  void fill_labels(const Batch& batch);
  void fill_features(const Batch& batch);
  void fill_table_rows(const TableRows& table_rows);
  void fill_numbers(const Layout& layout, std::span<const SlotStep> steps, bool rehearse);

  int slots_;
  Bucket bucket_;
  at::ScalarType type_;
  FeatureTable* table_;
  std::int64_t modalities_;
  Places places_;
  Staged control_, labels_, alpha_, beta_;
  std::vector<Staged> features_;  // without a table
  Batch batch_;
};

}  // namespace mer::model
