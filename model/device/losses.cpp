#include <ATen/ATen.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <optional>

#include "model/device/loss_terms.hpp"
#include "model/device/ops.hpp"
#include "model/node.hpp"

namespace mer::model::on_gpu {
namespace {

using List = std::vector<at::Tensor>;

at::Tensor gathered(const at::Tensor& from, const std::int32_t* indices, const LayoutPtr& layout) {
  const at::Tensor to = at::empty_like(from);
  queue(from, [&]<class T>(grid::Runtime& runtime, const grid::Operations<T>& table, T) {
    table.gather(runtime,
                 {layout->device->layout, grid::Index(from.size(1)), indices, const_rows<T>(from), rows<T>(to)});
  });
  return to;
}

// The scored rows of a tensor of the whole layout.
class Scored {
 public:
  explicit Scored(const LayoutPtr& all) : all_(all) {}

  const LayoutPtr& layout() const { return all_->device->scored ? all_->device->scored : all_; }

  at::Tensor operator()(const at::Tensor& x) const {
    if (!all_->device->scored) return x;
    const at::AutoDispatchBelowADInplaceOrView below;
    const grid::Selection& selection = all_->device->selection;
    return record(gathered(x.detach().contiguous(), selection.sources, all_), {x},
                  [all = all_](const at::Tensor& gradient) {
                    return List{gathered(gradient, all->device->selection.places, all)};
                  });
  }
  List operator()(const List& tensors) const {
    List selected;
    for (const at::Tensor& tensor : tensors) selected.push_back((*this)(tensor));
    return selected;
  }

 private:
  LayoutPtr all_;
};

at::Tensor sum(const List& terms) {
  at::Tensor total = terms.front();
  for (std::size_t i = 1; i < terms.size(); ++i) total = total + terms[i];
  return total;
}

// Eq 5-8, over modalities and unordered pairs of them.
class SubspaceLosses {
 public:
  SubspaceLosses(const Representations& outputs, const Scored& scored, const ModelSettings& settings, LayoutPtr layout);

  // In a gang, one after the other before finish().
  void leave(GangSums& sums);
  void leave_centred(GangSums& sums);

  void finish(Losses& losses);

 private:
  bool normalised() const { return settings_.difference == DifferenceForm::normalised; }
  void overlap();

  const ModelSettings& settings_;
  LayoutPtr layout_;
  std::size_t modalities_;
  std::vector<SquaredError> reconstruction_, cycle_;
  std::vector<MomentDiscrepancy> similarity_;
  std::optional<UnitRows> unit_;
  List rows_;                        // as eq 6 takes them: public ones, then unique ones
  std::vector<Overlap> difference_;  // of each modality: unique with public, then unique with each earlier unique
};

SubspaceLosses::SubspaceLosses(const Representations& outputs, const Scored& scored, const ModelSettings& settings,
                               LayoutPtr layout)
    : settings_(settings), layout_(std::move(layout)), modalities_(outputs.context.size()) {
  const List context = scored(outputs.context);
  const List public_ = scored(outputs.public_);
  const List unique = scored(outputs.unique);
  const bool squared = settings.similarity_norm == SimilarityNorm::squared_l2;
  for (std::size_t m = 0; m < modalities_; ++m) {
    reconstruction_.emplace_back(context[m], scored(outputs.reconstructed[m]), layout_);
    cycle_.emplace_back(unique[m], scored(outputs.cycled[m]), layout_);
    for (std::size_t other = 0; other < m; ++other) {
      similarity_.emplace_back(public_[m], public_[other], settings.similarity_moments, squared, layout_);
    }
  }
  rows_ = public_;
  rows_.insert(rows_.end(), unique.begin(), unique.end());
  if (normalised()) unit_.emplace(rows_, layout_);
}

void SubspaceLosses::leave(GangSums& sums) {
  for (SquaredError& term : reconstruction_) term.leave(sums);
  for (SquaredError& term : cycle_) term.leave(sums);
  for (MomentDiscrepancy& term : similarity_) term.leave(sums);
  if (unit_) unit_->leave(sums);
}

void SubspaceLosses::leave_centred(GangSums& sums) {
  for (MomentDiscrepancy& term : similarity_) term.leave_powers(sums);
  overlap();
  for (Overlap& term : difference_) term.leave(sums);
}

void SubspaceLosses::overlap() {
  if (unit_) rows_ = unit_->rows();
  const std::int64_t columns = rows_[0].size(1);
  const double factor = normalised() ? 1 / double(columns * columns) : 1;
  for (std::size_t m = 0; m < modalities_; ++m) {
    const at::Tensor& unique = rows_[modalities_ + m];
    difference_.emplace_back(unique, rows_[m], factor, layout_);
    for (std::size_t other = 0; other < m; ++other) {
      difference_.emplace_back(unique, rows_[modalities_ + other], factor, layout_);
    }
  }
}

void SubspaceLosses::finish(Losses& losses) {
  if (difference_.empty()) overlap();
  List similarity, difference, reconstruction, cycle;
  for (std::size_t m = 0; m < modalities_; ++m) {
    reconstruction.push_back(reconstruction_[m].value());
    cycle.push_back(cycle_[m].value());
    difference.push_back(difference_[difference.size()].value());
    for (std::size_t other = 0; other < m; ++other) {
      similarity.push_back(similarity_[similarity.size()].value());
      difference.push_back(difference_[difference.size()].value());
    }
  }
  losses.similarity = sum(similarity);
  losses.difference = sum(difference);
  losses.reconstruction = sum(reconstruction);
  losses.cycle = sum(cycle);
}

// What a gang does before any loss has its value.
void add_up(GangCounts& counts, std::vector<CrossEntropy>& task, std::optional<SubspaceLosses>& subspace) {
  GangSums first;
  counts.leave(first);
  for (CrossEntropy& term : task) term.leave(first);
  if (subspace) subspace->leave(first);
  first.add_up();
  counts.take();
  if (!subspace) return;
  GangSums second;
  subspace->leave_centred(second);
  second.add_up();
}

}  // namespace

Losses losses(const Batch& batch, const Representations& representations, const ModelSettings& settings) {
  const Scored scored(batch.layout);
  std::optional<GangCounts> counts;
  if (device_runtime().in_gang()) counts.emplace(scored.layout());
  const LayoutPtr& layout = counts ? counts->layout() : scored.layout();
  std::vector<CrossEntropy> task;  // then of each modality
  task.emplace_back(scored(representations.logits), batch.labels, layout);
  for (const at::Tensor& logits : representations.auxiliary_logits) {
    task.emplace_back(scored(logits), batch.labels, layout);
  }
  std::optional<SubspaceLosses> subspace;
  if (!representations.public_.empty()) subspace.emplace(representations, scored, settings, layout);
  if (counts) add_up(*counts, task, subspace);

  Losses result;
  result.task = task[0].value();
  result.total = result.task;
  if (task.size() > 1) {
    for (std::size_t m = 1; m < task.size(); ++m) result.auxiliary_by_modality.push_back(task[m].value());
    result.auxiliary = sum(result.auxiliary_by_modality);
    result.total = result.total + result.auxiliary;
  }
  if (subspace) {
    subspace->finish(result);
    const at::Tensor& alpha = batch.layout->device->alpha;
    const at::Tensor& beta = batch.layout->device->beta;
    result.subspace = result.reconstruction + result.cycle + alpha * (result.similarity + result.difference);
    result.total = result.total + beta * result.subspace;
  }
  return result;
}

void add_up_gradients(const std::vector<at::Tensor>& gradients) {
  GangSums sums;
  for (const at::Tensor& gradient : gradients) sums.add(gradient);
  sums.add_up();
}

}  // namespace mer::model::on_gpu
