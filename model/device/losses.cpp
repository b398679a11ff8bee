#include <ATen/ATen.h>
#include <ATen/core/LegacyTypeDispatch.h>

#include "model/device/ops.hpp"
#include "model/node.hpp"

namespace mer::model::on_gpu {
namespace {

using List = std::vector<at::Tensor>;

const grid::Layout& grid_of(const LayoutPtr& layout) {
  return layout->device->layout;
}

at::Tensor by_slot(const at::Tensor& like, const LayoutPtr& layout) {
  return at::empty({std::int64_t(grid_of(layout).slots)}, like.options());
}

at::Tensor gathered(const at::Tensor& from, const std::int32_t* indices, const LayoutPtr& layout) {
  const at::Tensor to = at::empty_like(from);
  queue(from, [&]<class T>(grid::Runtime& runtime, const grid::Operations<T>& table, T) {
    table.gather(runtime, {grid_of(layout), grid::Index(from.size(1)), indices, const_rows<T>(from), rows<T>(to)});
  });
  return to;
}

at::Tensor cross_entropy(const at::Tensor& logits, const at::Tensor& labels, const LayoutPtr& layout) {
  const at::AutoDispatchBelowADInplaceOrView below;
  const at::Tensor from = logits.detach().contiguous();
  const at::Tensor shares = at::empty_like(from);
  const at::Tensor value = by_slot(logits, layout);
  const auto classes = grid::Index(logits.size(1));
  queue(from, [&]<class T>(grid::Runtime& runtime, const grid::Operations<T>& table, T) {
    table.cross_entropy(runtime, {grid_of(layout), classes, const_rows<T>(from), labels.const_data_ptr<std::int64_t>(),
                                  rows<T>(shares), value.mutable_data_ptr<T>()});
  });
  return record(value, {logits}, [shares, labels, classes, layout](const at::Tensor& gradient) {
    const at::Tensor to = at::empty_like(shares);
    queue(shares, [&]<class T>(grid::Runtime& runtime, const grid::Operations<T>& table, T) {
      table.cross_entropy_backward(
          runtime, {grid_of(layout), classes, const_rows<T>(shares), labels.const_data_ptr<std::int64_t>(),
                    gradient.const_data_ptr<T>(), rows<T>(to)});
    });
    return List{to};
  });
}

at::Tensor moment_discrepancy(const at::Tensor& x, const at::Tensor& y, int moments, bool squared,
                              const LayoutPtr& layout) {
  struct Saved {
    at::Tensor x, y, of_x, of_y, lengths;
    grid::Index columns, moments;
    bool squared;
    LayoutPtr layout;
  };
  const at::AutoDispatchBelowADInplaceOrView below;
  const std::int64_t slots = grid_of(layout).slots;
  const at::Tensor of_x = at::empty({slots, moments, x.size(1)}, x.options());
  const Saved s{x.detach().contiguous(),
                y.detach().contiguous(),
                of_x,
                at::empty_like(of_x),
                at::empty({slots, moments}, x.options().dtype(at::kDouble)),
                grid::Index(x.size(1)),
                grid::Index(moments),
                squared,
                layout};
  const at::Tensor value = by_slot(x, layout);
  queue(x, [&]<class T>(grid::Runtime& runtime, const grid::Operations<T>& table, T) {
    table.moment_discrepancy(runtime, {grid_of(layout), s.columns, s.moments, squared, const_rows<T>(s.x),
                                       const_rows<T>(s.y), s.of_x.mutable_data_ptr<T>(), s.of_y.mutable_data_ptr<T>(),
                                       s.lengths.mutable_data_ptr<double>(), value.mutable_data_ptr<T>()});
  });
  return record(value, {x, y}, [s](const at::Tensor& gradient) {
    const at::Tensor to_x = at::empty_like(s.x);
    const at::Tensor to_y = at::empty_like(s.y);
    queue(s.x, [&]<class T>(grid::Runtime& runtime, const grid::Operations<T>& table, T) {
      table.moment_discrepancy_backward(
          runtime, {grid_of(s.layout), s.columns, s.moments, s.squared, const_rows<T>(s.x), const_rows<T>(s.y),
                    s.of_x.const_data_ptr<T>(), s.of_y.const_data_ptr<T>(), s.lengths.const_data_ptr<double>(),
                    gradient.const_data_ptr<T>(), rows<T>(to_x), rows<T>(to_y)});
    });
    return List{to_x, to_y};
  });
}

at::Tensor centred_unit_rows(const at::Tensor& x, const LayoutPtr& layout) {
  const at::AutoDispatchBelowADInplaceOrView below;
  const at::Tensor from = x.detach().contiguous();
  const at::Tensor unit = at::empty_like(from);
  const at::Tensor factors = at::empty({x.size(0)}, x.options());
  const auto columns = grid::Index(x.size(1));
  queue(from, [&]<class T>(grid::Runtime& runtime, const grid::Operations<T>& table, T) {
    table.unit_rows(
        runtime, {grid_of(layout), columns, 1e-6, const_rows<T>(from), rows<T>(unit), factors.mutable_data_ptr<T>()});
  });
  return record(unit, {x}, [factors, columns, layout](const at::Tensor& gradient) {
    const at::Tensor to = at::empty_like(gradient);
    queue(gradient, [&]<class T>(grid::Runtime& runtime, const grid::Operations<T>& table, T) {
      table.unit_rows_backward(
          runtime, {grid_of(layout), columns, factors.const_data_ptr<T>(), const_rows<T>(gradient), rows<T>(to)});
    });
    return List{to};
  });
}

at::Tensor overlap(const at::Tensor& x, const at::Tensor& y, DifferenceForm form, const LayoutPtr& layout) {
  struct Saved {
    at::Tensor x, y, products;
    grid::Index columns;
    double factor;
    LayoutPtr layout;
  };
  const at::AutoDispatchBelowADInplaceOrView below;
  const std::int64_t columns = x.size(1);
  const Saved s{x.detach().contiguous(),
                y.detach().contiguous(),
                at::empty({std::int64_t(grid_of(layout).slots), columns, columns}, x.options()),
                grid::Index(columns),
                form == DifferenceForm::literal ? 1 : 1 / double(columns * columns),
                layout};
  const at::Tensor value = by_slot(x, layout);
  queue(x, [&]<class T>(grid::Runtime& runtime, const grid::Operations<T>& table, T) {
    table.overlap(runtime, {grid_of(layout), s.columns, s.factor, const_rows<T>(s.x), const_rows<T>(s.y),
                            s.products.mutable_data_ptr<T>(), value.mutable_data_ptr<T>()});
  });
  return record(value, {x, y}, [s](const at::Tensor& gradient) {
    const at::Tensor to_x = at::empty_like(s.x);
    const at::Tensor to_y = at::empty_like(s.y);
    queue(s.x, [&]<class T>(grid::Runtime& runtime, const grid::Operations<T>& table, T) {
      table.overlap_backward(
          runtime, {grid_of(s.layout), s.columns, s.factor, const_rows<T>(s.x), const_rows<T>(s.y),
                    s.products.const_data_ptr<T>(), gradient.const_data_ptr<T>(), rows<T>(to_x), rows<T>(to_y)});
    });
    return List{to_x, to_y};
  });
}

at::Tensor squared_error(const at::Tensor& x, const at::Tensor& y, const LayoutPtr& layout) {
  const at::AutoDispatchBelowADInplaceOrView below;
  const at::Tensor left = x.detach().contiguous();
  const at::Tensor right = y.detach().contiguous();
  const at::Tensor value = by_slot(x, layout);
  const auto columns = grid::Index(x.size(1));
  queue(left, [&]<class T>(grid::Runtime& runtime, const grid::Operations<T>& table, T) {
    table.squared_error(
        runtime, {grid_of(layout), columns, const_rows<T>(left), const_rows<T>(right), value.mutable_data_ptr<T>()});
  });
  return record(value, {x, y}, [left, right, columns, layout](const at::Tensor& gradient) {
    const at::Tensor to_x = at::empty_like(left);
    const at::Tensor to_y = at::empty_like(right);
    queue(left, [&]<class T>(grid::Runtime& runtime, const grid::Operations<T>& table, T) {
      table.squared_error_backward(runtime, {grid_of(layout), columns, const_rows<T>(left), const_rows<T>(right),
                                             gradient.const_data_ptr<T>(), rows<T>(to_x), rows<T>(to_y)});
    });
    return List{to_x, to_y};
  });
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
void add_subspace_losses(Losses& losses, const Representations& outputs, const Scored& scored,
                         const ModelSettings& settings) {
  const LayoutPtr& layout = scored.layout();
  const List context = scored(outputs.context);
  const List public_ = scored(outputs.public_);
  const List unique = scored(outputs.unique);
  List unit_public = public_, unit_unique = unique;  // as eq 6 takes them
  if (settings.difference == DifferenceForm::normalised) {
    for (at::Tensor& unit : unit_public) unit = centred_unit_rows(unit, layout);
    for (at::Tensor& unit : unit_unique) unit = centred_unit_rows(unit, layout);
  }
  const bool squared = settings.similarity_norm == SimilarityNorm::squared_l2;
  List similarity, difference, reconstruction, cycle;
  for (std::size_t m = 0; m < context.size(); ++m) {
    reconstruction.push_back(squared_error(context[m], scored(outputs.reconstructed[m]), layout));
    cycle.push_back(squared_error(unique[m], scored(outputs.cycled[m]), layout));
    difference.push_back(overlap(unit_unique[m], unit_public[m], settings.difference, layout));
    for (std::size_t other = 0; other < m; ++other) {
      similarity.push_back(
          moment_discrepancy(public_[m], public_[other], settings.similarity_moments, squared, layout));
      difference.push_back(overlap(unit_unique[m], unit_unique[other], settings.difference, layout));
    }
  }
  losses.similarity = sum(similarity);
  losses.difference = sum(difference);
  losses.reconstruction = sum(reconstruction);
  losses.cycle = sum(cycle);
}

}  // namespace

Losses losses(const Batch& batch, const Representations& representations, const ModelSettings& settings) {
  const Scored scored(batch.layout);
  Losses result;
  result.task = cross_entropy(scored(representations.logits), batch.labels, scored.layout());
  result.total = result.task;
  if (!representations.auxiliary_logits.empty()) {
    for (const at::Tensor& logits : representations.auxiliary_logits) {
      result.auxiliary_by_modality.push_back(cross_entropy(scored(logits), batch.labels, scored.layout()));
    }
    result.auxiliary = sum(result.auxiliary_by_modality);
    result.total = result.total + result.auxiliary;
  }
  if (!representations.public_.empty()) {
    add_subspace_losses(result, representations, scored, settings);
    const at::Tensor& alpha = batch.layout->device->alpha;
    const at::Tensor& beta = batch.layout->device->beta;
    result.subspace = result.reconstruction + result.cycle + alpha * (result.similarity + result.difference);
    result.total = result.total + beta * result.subspace;
  }
  return result;
}

}  // namespace mer::model::on_gpu
