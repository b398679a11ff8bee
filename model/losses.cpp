#include "model/losses.hpp"

#include <ATen/ATen.h>

namespace mer::model {

namespace {

at::Tensor gap(const at::Tensor& x, const at::Tensor& y, SimilarityNorm norm) {
  const at::Tensor difference = x - y;
  return norm == SimilarityNorm::l2 ? at::linalg_vector_norm(difference) : at::dot(difference, difference);
}

// As in the code of Bousmalis et al. 2016 (domain separation networks) and MISA.
at::Tensor centred_unit_rows(const at::Tensor& x) {
  const at::Tensor centred = x - x.mean(0, /*keepdim=*/true);
  const at::Tensor length = at::linalg_vector_norm(centred.detach(), 2, at::IntArrayRef{1}, /*keepdim=*/true);
  return centred / (length + 1e-6);
}

}  // namespace

at::Tensor cross_entropy(const at::Tensor& logits, const at::Tensor& labels) {
  return at::cross_entropy_loss(logits, labels);
}

at::Tensor moment_discrepancy(const at::Tensor& x, const at::Tensor& y, int moments, SimilarityNorm norm) {
  const at::Tensor mean_x = x.mean(0);
  const at::Tensor mean_y = y.mean(0);
  at::Tensor sum = gap(mean_x, mean_y, norm);
  const at::Tensor centred_x = x - mean_x;
  const at::Tensor centred_y = y - mean_y;
  at::Tensor power_x = centred_x;
  at::Tensor power_y = centred_y;
  for (int k = 2; k <= moments; ++k) {
    power_x = power_x * centred_x;
    power_y = power_y * centred_y;
    sum = sum + gap(power_x.mean(0), power_y.mean(0), norm);
  }
  return sum;
}

at::Tensor overlap(const at::Tensor& x, const at::Tensor& y, DifferenceForm form) {
  if (form == DifferenceForm::literal) return at::mm(x.t(), y).square().sum();
  return at::mm(centred_unit_rows(x).t(), centred_unit_rows(y)).square().mean();
}

at::Tensor squared_error(const at::Tensor& x, const at::Tensor& y) {
  return at::mse_loss(x, y);
}

}  // namespace mer::model
