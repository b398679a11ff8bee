// Operations: what the model computes on a grid (model/grid/layout.hpp), each operation over a whole stack.
//
// Pointers are into device memory. Every operation queues work whose launches depend on nothing but the sizes given
// here, never on counts in device memory, so that it can be recorded; writes 0 into rows of nobody; and computes each
// slot from its own rows alone, every sum in an order that the slot's own rows decide (matrix products: that their
// shape decides). T: float or double. Threads: as Runtime. Errors: OutOfMemory.
#pragma once

#include <cstdint>

#include "model/grid/layout.hpp"
#include "model/grid/runtime.hpp"
#include "model/kernels/kernels.hpp"

namespace mer::grid {

using kernels::Activation;
using kernels::Cell;

// One slot's part every `stride` elements, as in Parameter::values.
template <class T>
struct Stacked {
  T* data = nullptr;
  std::int64_t stride = 0;

  MER_HOST_DEVICE T* of(Index slot) const { return data + std::int64_t(slot) * stride; }
  MER_HOST_DEVICE explicit operator bool() const { return data != nullptr; }
};

// A matrix with one row for each row of the layout; `step`: elements from row to row.
template <class T>
struct Rows {
  T* data = nullptr;
  std::int64_t step = 0;

  MER_HOST_DEVICE T* row(Index row) const { return data + std::int64_t(row) * step; }
  Rows from_column(std::int64_t column) const { return {data + column, step}; }
  MER_HOST_DEVICE explicit operator bool() const { return data != nullptr; }
};

// y = activation(x W^T + b)
template <class T>
struct Linear {
  Layout layout;
  Index inputs = 0, outputs = 0;
  Activation activation = Activation::none;
  Rows<const T> x;
  Stacked<const T> weight, bias;  // bias: may be absent
  Rows<T> y;
};

template <class T>
struct LinearBackward {
  Layout layout;
  Index inputs = 0, outputs = 0;
  Activation activation = Activation::none;
  Rows<const T> x, y, gradient;  // y: not for Activation::none
  Stacked<const T> weight;
  Rows<T> to_x;  // may be absent
  Stacked<T> to_weight;
  Stacked<T> to_bias;  // may be absent
};

// W_ih, W_hh, b_ih, b_hh of one direction.
template <class T>
struct RecurrentWeights {
  Stacked<T> input, hidden, input_bias, hidden_bias;
};

// A recurrent layer with PyTorch's equations and weight layout; the second direction goes backward.
template <class T>
struct Recurrent {
  Layout layout;
  Cell cell = Cell::gru;
  Index inputs = 0, width = 0;  // of one direction
  Index directions = 1;
  RecurrentWeights<const T> weights[2];
  Rows<const T> x;
  Rows<T> output;    // [directions * width]
  Rows<T> saved[2];  // [saved_of * width]: for the backward pass
};

template <class T>
struct RecurrentBackward {
  Layout layout;
  Cell cell = Cell::gru;
  Index inputs = 0, width = 0;
  Index directions = 1;
  RecurrentWeights<const T> weights[2];
  Rows<const T> x, output, gradient;
  Rows<const T> saved[2];
  Rows<T> to_x;  // may be absent
  RecurrentWeights<T> to_weights[2];
};

// softmax(f(scale * Q K^T)) V within each dialogue and head; f is tanh where `squash`, else the identity.
template <class T>
struct Attention {
  Layout layout;
  Index heads = 1, head_width = 0;
  double scale = 1;
  bool squash = false;
  Rows<const T> query, key, value;
  Rows<T> output;
  T* shares = nullptr;  // [all rows, heads, turns]
  T* scores = nullptr;  // f(...), as large; only with squash
};

template <class T>
struct AttentionBackward {
  Layout layout;
  Index heads = 1, head_width = 0;
  double scale = 1;
  bool squash = false;
  Rows<const T> query, key, value, gradient;
  const T* shares = nullptr;
  const T* scores = nullptr;
  Rows<T> to_query, to_key, to_value;
};

// to = from with inverted dropout, each slot with its own rate; also the backward pass, on gradients.
template <class T>
struct Dropout {
  Layout layout;
  Index columns = 0;
  std::uint32_t layer = 0;
  const SlotNumbers* numbers = nullptr;  // [slots]
  Rows<const T> from;
  Rows<T> to;
};

// to[i] = from[indices[i]], counted in the slot, or 0 where the index is -1.
template <class T>
struct Gather {
  Layout layout;
  Index columns = 0;
  const std::int32_t* indices = nullptr;  // [slots, rows]
  Rows<const T> from;
  Rows<T> to;
};

// to = rows of a table as each slot standardises them: (x - mean) * factor in double, as Kernels::standardise.
template <class T>
struct GatherFeatures {
  Layout layout;
  Index columns = 0;
  const float* table = nullptr;                // [rows of the table, columns]
  const std::int32_t* rows = nullptr;          // [slots, rows]: of the table
  const double* const* standardise = nullptr;  // [slots]: means of the columns, factors behind; nullptr: as they are
  Rows<T> to;
};

template <class T>
struct CopyColumns {
  Index rows = 0, columns = 0;
  Rows<const T> from;
  Rows<T> to;
};

// y = (x - mean) / sqrt(variance + epsilon) * weight + bias of each row (Ba et al. 2016; variance with divisor n).
template <class T>
struct LayerNorm {
  Layout layout;
  Index columns = 0;
  double epsilon = 0;
  Rows<const T> x;
  Stacked<const T> weight, bias;
  Rows<T> y;  // may be x
};

// x Phi(x) (Hendrycks and Gimpel 2016), or its approximation by tanh; in place.
template <class T>
struct Gelu {
  Layout layout;
  Index columns = 0;
  bool by_tanh = false;
  Rows<T> x;
};

// The mean over the rows of each dialogue; 0 of one without rows.
template <class T>
struct DialogueMeans {
  Layout layout;
  Index columns = 0;
  Rows<const T> x;
  Rows<T> means;  // [slots * dialogues]
};

// Sinusoidal position of each row's turn (Vaswani et al. 2017): sin in even columns, cos in odd ones.
template <class T>
struct Positions {
  Layout layout;
  Index columns = 0;
  Rows<T> to;
};

// Operations with sums over all rows of a slot, of which a member of a gang has a part, are queued part by part then:
// each leaves its sums, which the caller adds up over the gang before it queues the next one. Without a gang: whole,
// and there are no sums to keep.
enum class Part { whole, first, second, third };

// first: sums, each slot's own rows; second: counts, for Layout::gang_count.
struct CountRows {
  Layout layout;
  double* sums = nullptr;          // [slots]
  std::int32_t* counts = nullptr;  // [slots]
  Part part = Part::first;
};

// shares = softmax(logits); value [slots]: the mean over the slot's rows of -log of the label's share; 0 without rows.
template <class T>
struct CrossEntropy {
  Layout layout;
  Index classes = 0;
  Rows<const T> logits;
  const std::int64_t* labels = nullptr;  // [all rows]
  Rows<T> shares;
  T* value = nullptr;
  Part part = Part::whole;  // first: shares and sums; second: value
  double* sums = nullptr;   // [slots]
};

template <class T>
struct CrossEntropyBackward {
  Layout layout;
  Index classes = 0;
  Rows<const T> shares;
  const std::int64_t* labels = nullptr;
  const T* gradient = nullptr;  // [slots], of value
  Rows<T> to;
};

// Mean and central moments of the columns of two matrices, and the sum over k of ||M_k(x) - M_k(y)||.
template <class T>
struct MomentDiscrepancy {
  Layout layout;
  Index columns = 0, moments = 1;
  bool squared = false;  // the norm's square instead
  Rows<const T> x, y;
  T* moments_of_x = nullptr;  // [slots, moments, columns]
  T* moments_of_y = nullptr;
  double* lengths = nullptr;  // [slots, moments]
  T* value = nullptr;
  Part part = Part::whole;       // first: sums; second: means and power sums; third: the rest
  double* sums = nullptr;        // of x's columns, then of y's: [2, slots, columns]
  double* power_sums = nullptr;  // [2, slots, moments - 1, columns]
};

template <class T>
struct MomentDiscrepancyBackward {
  Layout layout;
  Index columns = 0, moments = 1;
  bool squared = false;
  Rows<const T> x, y;
  const T* moments_of_x = nullptr;
  const T* moments_of_y = nullptr;
  const double* lengths = nullptr;
  const T* gradient = nullptr;
  Rows<T> to_x, to_y;
};

// y = (x - column mean) / (row length of that + epsilon); the length is not differentiated.
template <class T>
struct UnitRows {
  Layout layout;
  Index columns = 0;
  double epsilon = 0;
  Rows<const T> x;
  Rows<T> y;
  T* factors = nullptr;     // [all rows]: 1 / (length + epsilon)
  Part part = Part::whole;  // first: sums; second: the rest
  double* sums = nullptr;   // [slots, columns]
};

template <class T>
struct UnitRowsBackward {
  Layout layout;
  Index columns = 0;
  const T* factors = nullptr;
  Rows<const T> gradient;
  Rows<T> to;
  Part part = Part::whole;  // as UnitRows
  double* sums = nullptr;
};

// products = x^T y by slot; value = factor * the sum of its squares.
template <class T>
struct Overlap {
  Layout layout;
  Index columns = 0;
  double factor = 1;
  Rows<const T> x, y;
  T* products = nullptr;  // [slots, columns, columns]
  T* value = nullptr;
  Part part = Part::whole;  // first: products, which are the sums; second: value
};

template <class T>
struct OverlapBackward {
  Layout layout;
  Index columns = 0;
  double factor = 1;
  Rows<const T> x, y;
  const T* products = nullptr;
  const T* gradient = nullptr;
  Rows<T> to_x, to_y;
};

// value: the mean over the slot's rows and the columns of (x - y)^2.
template <class T>
struct SquaredError {
  Layout layout;
  Index columns = 0;
  Rows<const T> x, y;
  T* value = nullptr;
  Part part = Part::whole;  // first: sums; second: value
  double* sums = nullptr;   // [slots]
};

template <class T>
struct SquaredErrorBackward {
  Layout layout;
  Index columns = 0;
  Rows<const T> x, y;
  const T* gradient = nullptr;
  Rows<T> to_x, to_y;
};

template <class T>
struct OptimizerStep {
  kernels::AdamStep<T> adam;
  T learning_rate = 0, weight_decay = 0;  // SGD
  bool sgd = false;
};

// One parameter of all slots, with its moments.
template <class T>
struct Weights {
  std::int64_t elements = 0;  // of one slot
  Stacked<T> values, exp_avg, exp_avg_sq;
  Stacked<const T> gradient;
};

// Norms of the gradients and, where they and the slot's losses are finite, the update of its weights.
template <class T>
struct Update {
  static constexpr int kMaxLosses = 32;

  Index slots = 0;
  const Weights<T>* weights = nullptr;  // on the host
  std::size_t count = 0;
  const OptimizerStep<T>* steps = nullptr;  // [slots]
  const std::int32_t* learns = nullptr;     // [slots]: 0: the slot takes no part
  const T* losses[kMaxLosses] = {};         // [slots] each
  int loss_count = 0;
  double* norms = nullptr;  // [slots]
};

template <class T>
struct Operations {
  void (*linear)(Runtime&, const Linear<T>&);
  void (*linear_backward)(Runtime&, const LinearBackward<T>&);
  void (*recurrent)(Runtime&, const Recurrent<T>&);
  void (*recurrent_backward)(Runtime&, const RecurrentBackward<T>&);
  void (*attention)(Runtime&, const Attention<T>&);
  void (*attention_backward)(Runtime&, const AttentionBackward<T>&);
  void (*dropout)(Runtime&, const Dropout<T>&);
  void (*gather)(Runtime&, const Gather<T>&);
  void (*gather_features)(Runtime&, const GatherFeatures<T>&);
  void (*copy_columns)(Runtime&, const CopyColumns<T>&);
  void (*positions)(Runtime&, const Positions<T>&);

  // Forward only: of encoders that are not trained.
  void (*layer_norm)(Runtime&, const LayerNorm<T>&);
  void (*gelu)(Runtime&, const Gelu<T>&);
  void (*dialogue_means)(Runtime&, const DialogueMeans<T>&);

  void (*count_rows)(Runtime&, const CountRows&);
  void (*cross_entropy)(Runtime&, const CrossEntropy<T>&);
  void (*cross_entropy_backward)(Runtime&, const CrossEntropyBackward<T>&);
  void (*moment_discrepancy)(Runtime&, const MomentDiscrepancy<T>&);
  void (*moment_discrepancy_backward)(Runtime&, const MomentDiscrepancyBackward<T>&);
  void (*unit_rows)(Runtime&, const UnitRows<T>&);
  void (*unit_rows_backward)(Runtime&, const UnitRowsBackward<T>&);
  void (*overlap)(Runtime&, const Overlap<T>&);
  void (*overlap_backward)(Runtime&, const OverlapBackward<T>&);
  void (*squared_error)(Runtime&, const SquaredError<T>&);
  void (*squared_error_backward)(Runtime&, const SquaredErrorBackward<T>&);

  void (*update)(Runtime&, const Update<T>&);

  // Element by element; `to` may be one of the operands.
  void (*add)(Runtime&, std::size_t count, const T* x, const T* y, T* to);
  void (*multiply)(Runtime&, std::size_t count, const T* x, const T* y, T* to);
  void (*fill)(Runtime&, std::size_t count, T value, T* to);
};

}  // namespace mer::grid
