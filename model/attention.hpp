// Attention between the turns of one dialogue: multi-head as nn.MultiheadAttention, and Poria's bilinear form.
//
// Threads: one thread. Errors: none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/ops.hpp"

namespace mer::model {

// nn.MultiheadAttention: projections of query, key and value, scaled dot products per head, output projection.
class MultiHeadAttention {
 public:
  MultiHeadAttention(Parameters& parameters, const std::string& name, int width, int heads);

  // Query from `target`, keys and values from `source` (eq 10, 11); self-attention: source is target.
  at::Tensor operator()(const at::Tensor& target, const at::Tensor& source, const LayoutPtr& layout) const;

 private:
  int heads_;
  const Parameter& in_weight_;  // [3 * width, width]: query, key, value
  const Parameter& in_bias_;    // [3 * width]
  const Parameter& out_weight_;
  const Parameter& out_bias_;
};

// Poria et al. 2017b: a query turn x_q attends to turns x_k with softmax_k(tanh(x_k^T W x_q)).
class BilinearAttention {
 public:
  BilinearAttention(Parameters& parameters, const std::string& name, int width);
  at::Tensor operator()(const at::Tensor& x, const LayoutPtr& layout) const;

 private:
  const Parameter& weight_;  // [width, width]
};

// Self-attention of one modality (section 3.3) with the dropout after it and the optional residual.
class SelfAttention {
 public:
  SelfAttention(Parameters& parameters, const std::string& name, const ModelSettings& settings,
                std::uint32_t dropout_layer);
  at::Tensor operator()(const at::Tensor& x, const LayoutPtr& layout, const std::vector<SlotSettings>& settings) const;

 private:
  std::optional<MultiHeadAttention> multi_head_;  // exactly one of the two
  std::optional<BilinearAttention> bilinear_;
  bool residual_;
  std::uint32_t dropout_layer_;
};

// Cross-modality attention of one ordered pair (section 3.6), each pair with its own weights.
class CrossAttention {
 public:
  CrossAttention(Parameters& parameters, const std::string& name, const ModelSettings& settings,
                 std::uint32_t dropout_layer, std::uint32_t feed_forward_dropout_layer);
  at::Tensor operator()(const at::Tensor& target, const at::Tensor& source, const LayoutPtr& layout,
                        const std::vector<SlotSettings>& settings) const;

 private:
  MultiHeadAttention attention_;
  bool residual_;
  bool positions_;
  bool feed_forward_;
  Linear widen_;   // feed-forward only: width -> 4 width, relu
  Linear narrow_;  // 4 width -> width
  std::uint32_t dropout_layer_;
  std::uint32_t feed_forward_dropout_layer_;
};

}  // namespace mer::model
