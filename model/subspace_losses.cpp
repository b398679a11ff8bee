#include "model/subspace_losses.hpp"

namespace mer::model {

namespace {

std::vector<at::Tensor> select(const RowSelection& rows, const std::vector<at::Tensor>& tensors) {
  std::vector<at::Tensor> selected;
  for (const at::Tensor& tensor : tensors) selected.push_back(rows(tensor));
  return selected;
}

at::Tensor sum(const std::vector<at::Tensor>& terms) {
  at::Tensor total = terms.front();
  for (std::size_t i = 1; i < terms.size(); ++i) total = total + terms[i];
  return total;
}

}  // namespace

SubspaceLosses::SubspaceLosses(const Representations& outputs, const RowSelection& scored,
                               const ModelSettings& settings)
    : settings_(settings), layout_(scored.layout()) {
  const std::vector<at::Tensor> context = select(scored, outputs.context);
  public_ = select(scored, outputs.public_);
  unique_ = select(scored, outputs.unique);
  for (std::size_t m = 0; m < context.size(); ++m) {
    reconstruction_.emplace_back(context[m], scored(outputs.reconstructed[m]), layout_);
    cycle_.emplace_back(unique_[m], scored(outputs.cycled[m]), layout_);
    public_moments_.emplace_back(public_[m], settings.similarity_moments, layout_);
    if (normalised()) unique_means_.emplace_back(unique_[m], 1, layout_);
  }
}

std::vector<at::Tensor> SubspaceLosses::sums() const {
  std::vector<at::Tensor> sums;
  for (const SquaredError& error : reconstruction_) sums.push_back(error.sums());
  for (const SquaredError& error : cycle_) sums.push_back(error.sums());
  for (const ColumnMoments& moments : public_moments_) sums.push_back(moments.sums());
  for (const ColumnMoments& means : unique_means_) sums.push_back(means.sums());
  return sums;
}

void SubspaceLosses::centre(const at::Tensor& counts) {
  for (ColumnMoments& moments : public_moments_) moments.take_means(counts);
  for (ColumnMoments& means : unique_means_) means.take_means(counts);
  std::vector<at::Tensor> public_rows = public_, unique_rows = unique_;  // as eq 6 takes them
  const std::size_t modalities = public_.size();
  if (normalised()) {
    for (const ColumnMoments& moments : public_moments_) unit_.emplace_back(moments);
    for (const ColumnMoments& means : unique_means_) unit_.emplace_back(means);
    for (std::size_t m = 0; m < modalities; ++m) {
      public_rows[m] = unit_[m].rows();
      unique_rows[m] = unit_[modalities + m].rows();
    }
  }
  for (std::size_t m = 0; m < modalities; ++m) {
    overlaps_.emplace_back(unique_rows[m], public_rows[m], settings_.difference, layout_);
    for (std::size_t other = 0; other < m; ++other) {
      overlaps_.emplace_back(unique_rows[m], unique_rows[other], settings_.difference, layout_);
    }
  }
}

std::vector<at::Tensor> SubspaceLosses::sums_of_centred() const {
  std::vector<at::Tensor> sums;
  for (const ColumnMoments& moments : public_moments_) sums.push_back(moments.power_sums());
  for (const Overlap& overlap : overlaps_) sums.push_back(overlap.products());
  return sums;
}

void SubspaceLosses::finish(const at::Tensor& counts, Gang* gang, Losses& losses) {
  for (ColumnMoments& moments : public_moments_) moments.take_moments(counts);
  const std::size_t modalities = public_.size();
  std::vector<at::Tensor> rows = public_;  // then unique ones
  rows.insert(rows.end(), unique_.begin(), unique_.end());
  if (normalised()) rows = record_unit_rows(unit_, rows, counts, layout_, gang);
  std::vector<at::Tensor> similarity, difference, reconstruction, cycle;
  for (std::size_t m = 0; m < modalities; ++m) {
    reconstruction.push_back(reconstruction_[m].mean(counts));
    cycle.push_back(cycle_[m].mean(counts));
    const auto overlap = [&](const at::Tensor& other) {
      difference.push_back(overlaps_[difference.size()].value(rows[modalities + m], other, counts));
    };
    overlap(rows[m]);
    for (std::size_t other = 0; other < m; ++other) {
      similarity.push_back(moment_discrepancy(public_[m], public_[other], public_moments_[m], public_moments_[other],
                                              settings_.similarity_norm, counts));
      overlap(rows[modalities + other]);
    }
  }
  losses.similarity = sum(similarity);
  losses.difference = sum(difference);
  losses.reconstruction = sum(reconstruction);
  losses.cycle = sum(cycle);
}

}  // namespace mer::model
