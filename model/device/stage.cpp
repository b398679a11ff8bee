#include "model/device/stage.hpp"

#include <ATen/ATen.h>
#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/check.hpp"
#include "core/philox.hpp"

namespace mer::model {
namespace {

constexpr std::int64_t kWord = sizeof(std::int32_t);

// The next place that a double may have.
std::int64_t aligned(std::int64_t place) {
  return (place + 1) / 2 * 2;
}

template <class T>
std::int64_t words(int slots) {
  return aligned(std::int64_t(sizeof(T)) / kWord * slots);
}

grid::SlotNumbers numbers_of(const SlotSettings& settings, std::int64_t first_dialogue) {
  const auto key = philox_key(settings.seed, RandomPurpose::dropout);
  grid::SlotNumbers numbers;
  numbers.dropout_key[0] = key[0];
  numbers.dropout_key[1] = key[1];
  numbers.step = std::uint32_t(settings.step);
  numbers.first_dialogue = std::uint32_t(first_dialogue);
  numbers.dropped = std::uint32_t(std::ceil(settings.dropout * 0x1p24));
  numbers.kept = 1.0 / (1.0 - settings.dropout);
  numbers.alpha = settings.alpha;
  numbers.beta = settings.beta;
  return numbers;
}

template <class T>
grid::OptimizerStep<T> in_type(const grid::OptimizerStep<double>& step) {
  const kernels::AdamStep<double>& adam = step.adam;
  return {{T(adam.coupled_decay), T(adam.keep), T(adam.lerp), T(adam.beta2), T(adam.square_weight), T(adam.epsilon),
           T(adam.step_size), T(adam.root_correction)},
          T(step.learning_rate),
          T(step.weight_decay),
          step.sgd};
}

}  // namespace

Batch in_bucket(const Batch& batch, const Bucket& bucket) {
  Batch laid_out;
  std::vector<std::int64_t> first_dialogues;
  for (const SlotRows& part : batch.layout->slots) first_dialogues.push_back(part.first_dialogue);
  laid_out.layout = layout_in(bucket, lengths_of(*batch.layout), first_dialogues);
  const auto move = [&](const at::Tensor& rows) {
    return spread_rows(pack_rows(rows, *batch.layout), *laid_out.layout);
  };
  for (const at::Tensor& features : batch.features) laid_out.features.push_back(move(features));
  laid_out.table_rows.standardise = batch.table_rows.standardise;
  if (!batch.table_rows.rows.empty()) {
    const at::Tensor rows = move(at::tensor(batch.table_rows.rows, at::kInt));
    laid_out.table_rows.rows.assign(rows.const_data_ptr<std::int32_t>(),
                                    rows.const_data_ptr<std::int32_t>() + rows.numel());
  }
  laid_out.labels = move(batch.labels);
  if (!batch.scored.empty()) {
    const at::Tensor flags = move(at::tensor(batch.scored, at::kByte));
    laid_out.scored.assign(flags.const_data_ptr<std::uint8_t>(), flags.const_data_ptr<std::uint8_t>() + flags.numel());
  }
  return laid_out;
}

Staged::Staged(at::IntArrayRef sizes, at::ScalarType type)
    : host(pinned_tensor(sizes, type)), device(at::empty(sizes, at::TensorOptions(type).device(model::device()))) {
  std::memset(host.mutable_data_ptr(), 0, host.nbytes());
}

void Staged::upload() const {
  device_runtime().upload(device.mutable_data_ptr(), host.const_data_ptr(), host.nbytes());
}

Stage::Places Stage::places_of(const Bucket& bucket, std::int64_t modalities) {
  Places p{};
  const int slots = int(bucket.slots);
  std::int64_t end = 0;
  const auto take = [&end](std::int64_t count) { return std::exchange(end, aligned(end + count)); };
  const std::int64_t all_rows = slots * bucket.rows;
  p.row_count = take(slots);
  p.dialogue_begin = take(slots * (bucket.dialogues + 1));
  p.dialogue_of_row = take(all_rows);
  p.scored_count = take(slots);
  p.scored_begin = take(2 * slots);
  p.scored_dialogue = take(all_rows);
  p.sources = take(all_rows);
  p.scored_places = take(all_rows);
  p.table_rows = take(all_rows);
  p.standardise = take(modalities * words<const double*>(slots));
  p.learns = take(slots);
  p.numbers = take(words<grid::SlotNumbers>(slots));
  p.optimizer = take(words<grid::OptimizerStep<double>>(slots));
  p.end = end;
  return p;
}

Stage::Stage(const Shape& shape, const Bucket& bucket, FeatureTable* table)
    : slots_(int(bucket.slots)),
      bucket_(bucket),
      type_(scalar_type_of(shape.dtype)),
      table_(table),
      modalities_(std::int64_t(shape.feature_dims.size())),
      places_(places_of(bucket, modalities_)),
      control_({places_.end}, at::kInt),
      labels_({slots_ * bucket.rows}, at::kLong),
      alpha_({slots_}, type_),
      beta_({slots_}, type_) {
  if (table_ == nullptr) {
    for (const int dim : shape.feature_dims) {
      features_.emplace_back(at::IntArrayRef{slots_ * bucket.rows, dim}, type_);
      batch_.features.push_back(features_.back().device);
    }
  }
  connect();
}

void Stage::connect() {
  auto rows = std::make_shared<DeviceRows>();
  rows->layout = {grid::Index(slots_),
                  grid::Index(bucket_.rows),
                  grid::Index(bucket_.dialogues),
                  grid::Index(bucket_.turns),
                  on_device(places_.row_count),
                  on_device(places_.dialogue_begin),
                  on_device(places_.dialogue_of_row)};
  rows->numbers = reinterpret_cast<const grid::SlotNumbers*>(on_device(places_.numbers));
  rows->drops = bucket_.trains;
  rows->alpha = alpha_.device;
  rows->beta = beta_.device;
  Layout layout;
  layout.capacity = bucket_.rows;
  for (int slot = 0; slot < slots_; ++slot) layout.add_slot({});
  if (bucket_.selects) {
    auto selected = std::make_shared<DeviceRows>(*rows);
    selected->layout.dialogues = 1;
    selected->layout.turns = grid::Index(bucket_.rows);
    selected->layout.row_count = on_device(places_.scored_count);
    selected->layout.dialogue_begin = on_device(places_.scored_begin);
    selected->layout.dialogue_of_row = on_device(places_.scored_dialogue);
    auto scored = std::make_shared<Layout>(layout);
    scored->device = std::move(selected);
    rows->scored = std::move(scored);
    rows->selection = {on_device(places_.sources), on_device(places_.scored_places)};
  }
  layout.device = std::move(rows);
  batch_.layout = std::make_shared<const Layout>(std::move(layout));
  batch_.labels = labels_.device;
}

Batch Stage::batch() const {
  Batch batch = batch_;
  if (table_ == nullptr) return batch;
  for (std::int64_t m = 0; m < modalities_; ++m) {
    const auto* const standardise = reinterpret_cast<const double* const*>(on_device(standardise_place(m)));
    batch.features.push_back(table_->gather(std::size_t(m), type_, batch.layout->device->layout,
                                            on_device(places_.table_rows), standardise));
  }
  return batch;
}

const void* Stage::optimizer_steps() const {
  return on_device(places_.optimizer);
}

const std::int32_t* Stage::learns() const {
  return on_device(places_.learns);
}

void Stage::fill(const Batch& batch, std::span<const SlotStep> steps, bool rehearse) {
  MER_CHECK(batch.layout->capacity == bucket_.rows && batch.layout->slots.size() == std::size_t(slots_) &&
                steps.size() == std::size_t(slots_),
            "a batch lies as its bucket wants it");
  fill_rows(*batch.layout);
  if (bucket_.selects) fill_selection(batch);
  fill_labels(batch);
  fill_numbers(*batch.layout, steps, rehearse);
  if (table_ == nullptr) {
    fill_features(batch);
  } else {
    fill_table_rows(batch.table_rows);
  }
  for (const Staged* staged : {&control_, &labels_, &alpha_, &beta_}) staged->upload();
}

void Stage::fill_rows(const Layout& layout) {
  for (std::int64_t slot = 0; slot < slots_; ++slot) {
    const std::vector<std::int64_t>& dialogues = layout.slots[std::size_t(slot)].dialogues;
    host(places_.row_count)[slot] = std::int32_t(dialogues.back());
    std::int32_t* const begin = host(places_.dialogue_begin) + slot * (bucket_.dialogues + 1);
    std::int32_t* const of_row = host(places_.dialogue_of_row) + slot * bucket_.rows;
    for (std::int64_t d = 0; d <= bucket_.dialogues; ++d) {
      begin[d] = std::int32_t(dialogues[std::min(std::size_t(d), dialogues.size() - 1)]);
    }
    for (std::size_t d = 0; d + 1 < dialogues.size(); ++d) {
      std::fill(of_row + dialogues[d], of_row + dialogues[d + 1], std::int32_t(d));
    }
  }
}

void Stage::fill_selection(const Batch& batch) {
  for (std::int64_t slot = 0; slot < slots_; ++slot) {
    const std::int64_t first = slot * bucket_.rows;
    std::int32_t* const sources = host(places_.sources) + first;
    std::int32_t* const places = host(places_.scored_places) + first;
    std::fill_n(sources, bucket_.rows, -1);
    std::fill_n(places, bucket_.rows, -1);
    std::int32_t count = 0;
    for (std::int64_t row = 0; row < batch.layout->slots[std::size_t(slot)].rows(); ++row) {
      if (batch.scored[std::size_t(first + row)] == 0) continue;
      sources[count] = std::int32_t(row);
      places[row] = count++;
    }
    host(places_.scored_count)[slot] = count;
    host(places_.scored_begin)[2 * slot] = 0;
    host(places_.scored_begin)[2 * slot + 1] = count;
  }
}

// Of the scored rows, in their order.
void Stage::fill_labels(const Batch& batch) {
  const std::int64_t* const from = batch.labels.const_data_ptr<std::int64_t>();
  auto* const to = labels_.host.mutable_data_ptr<std::int64_t>();
  if (!bucket_.selects) {
    std::copy_n(from, labels_.host.numel(), to);
    return;
  }
  for (std::int64_t slot = 0; slot < slots_; ++slot) {
    const std::int64_t first = slot * bucket_.rows;
    for (std::int64_t i = 0; i < host(places_.scored_count)[slot]; ++i) {
      to[first + i] = from[first + host(places_.sources)[first + i]];
    }
  }
}

void Stage::fill_features(const Batch& batch) {
  MER_CHECK(batch.features.size() == features_.size(), "without a table a batch has features");
  for (std::size_t m = 0; m < features_.size(); ++m) {
    const at::Tensor& own = features_[m].host;
    if (batch.features[m].const_data_ptr() != own.const_data_ptr()) own.copy_(batch.features[m]);
    features_[m].upload();
  }
}

void Stage::fill_table_rows(const TableRows& table_rows) {
  MER_CHECK(std::int64_t(table_rows.rows.size()) == slots_ * bucket_.rows &&
                std::int64_t(table_rows.standardise.size()) == modalities_,
            "with a table a batch names its rows");
  std::ranges::copy(table_rows.rows, host(places_.table_rows));
  for (std::int64_t m = 0; m < modalities_; ++m) {
    const std::vector<AffinePtr>& of_slots = table_rows.standardise[std::size_t(m)];
    auto* const places = reinterpret_cast<const double**>(host(standardise_place(m)));
    std::ranges::transform(of_slots, places,
                           [&](const AffinePtr& affine) { return table_->place_of(std::size_t(m), affine); });
  }
}

std::int64_t Stage::standardise_place(std::int64_t modality) const {
  return places_.standardise + modality * words<const double*>(slots_);
}

void Stage::fill_numbers(const Layout& layout, std::span<const SlotStep> steps, bool rehearse) {
  auto* const numbers = reinterpret_cast<grid::SlotNumbers*>(host(places_.numbers));
  for (std::size_t slot = 0; slot < steps.size(); ++slot) {
    numbers[slot] = numbers_of(steps[slot].settings, layout.slots[slot].first_dialogue);
    host(places_.learns)[slot] = steps[slot].learns && !rehearse ? 1 : 0;
    with_type(alpha_.host.scalar_type(), [&]<class T>(T) {
      alpha_.host.mutable_data_ptr<T>()[slot] = T(steps[slot].settings.alpha);
      beta_.host.mutable_data_ptr<T>()[slot] = T(steps[slot].settings.beta);
      reinterpret_cast<grid::OptimizerStep<T>*>(host(places_.optimizer))[slot] = in_type<T>(steps[slot].optimizer);
    });
  }
}

}  // namespace mer::model
