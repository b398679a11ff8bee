// Kernels: the loops that LibTorch has no good operation for, in vector code chosen at run time by instruction set.
//
// One table of functions per instruction set and number type, compiled from the same source (the *-inl.hpp files).
// Every output element is computed by the same sequence of operations wherever its row lies, so that results depend
// neither on a matrix's position in memory nor on the other rows. Matrices are row-major; `step` is the distance of
// two rows in elements. Rows of a call are one slot's; `dialogues` holds the first row of each dialogue, and the end.
//
// T: float or double. Threads: pure functions of what they are given. Errors: none; wrong sizes are bugs.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace mer::kernels {

template <class T>
struct Matrix {
  T* data = nullptr;
  std::int64_t step = 0;

  T* row(std::int64_t number) const { return data + number * step; }
};

// c[i][j] = sum over k of a[i * a_row + k * a_column] * b[k][j], added to c where `accumulate`.
template <class T>
struct Product {
  std::int64_t rows = 0, columns = 0, inner = 0;
  const T* a = nullptr;
  std::int64_t a_row = 0, a_column = 1;  // a_row 1 and a_column its row step: the transposed matrix
  Matrix<const T> b;
  Matrix<T> c;
  bool accumulate = false;
};

enum class Activation { none, sigmoid, relu };

// x = activation(x + bias), in place. bias: [columns] or nullptr.
template <class T>
struct Activate {
  std::int64_t rows = 0, columns = 0;
  Matrix<T> x;
  const T* bias = nullptr;
  Activation activation = Activation::none;
};

// slope = gradient * activation'(), from the activation's value y; bias_gradient[j] = sum over rows of slope.
template <class T>
struct ActivateBackward {
  std::int64_t rows = 0, columns = 0;
  Matrix<const T> gradient, y;
  Matrix<T> slope;             // data nullptr: only the sum is wanted (activation none)
  T* bias_gradient = nullptr;  // [columns] or nullptr
  Activation activation = Activation::none;
};

enum class Cell { gru, lstm };

// Columns of gate inputs and of what the backward pass needs, in units of the layer's width.
constexpr std::int64_t gates_of(Cell cell) {
  return cell == Cell::gru ? 3 : 4;
}
constexpr std::int64_t saved_of(Cell cell) {
  return cell == Cell::gru ? 4 : 5;
}

// One direction of a recurrent layer with PyTorch's equations and weight layout (nn.GRU, nn.LSTM).
template <class T>
struct Recurrent {
  Cell cell = Cell::gru;
  bool reverse = false;
  std::int64_t width = 0;
  std::span<const std::int64_t> dialogues;
  Matrix<const T> projected;         // [rows, gates * width]: x W_ih^T
  const T* hidden_weight = nullptr;  // W_hh [gates * width, width]
  const T* input_bias = nullptr;     // [gates * width]
  const T* hidden_bias = nullptr;    // [gates * width]
  Matrix<T> output;                  // [rows, width]
  Matrix<T> saved;                   // [rows, saved * width]: for the backward pass; data nullptr: not wanted
};

template <class T>
struct RecurrentBackward {
  Cell cell = Cell::gru;
  bool reverse = false;
  std::int64_t width = 0;
  std::span<const std::int64_t> dialogues;
  const T* hidden_weight = nullptr;
  Matrix<const T> gradient;  // of output
  Matrix<const T> output, saved;
  Matrix<T> input_slope;   // [rows, gates * width]: gradient of projected (and of its bias)
  Matrix<T> hidden_slope;  // [rows, gates * width]: gradient of h W_hh^T
  Matrix<T> before;        // [rows, width]: the state before each turn, 0 at the first
};

// softmax(f(scale * Q K^T)) V within each dialogue and head; f is tanh where `squash`, else the identity.
template <class T>
struct Attention {
  std::span<const std::int64_t> dialogues;
  std::int64_t heads = 1, head_width = 0;
  double scale = 1;
  bool squash = false;
  Matrix<const T> query, key, value;  // [rows, heads * head_width]
  Matrix<T> output;
  T* shares = nullptr;  // of every dialogue, head, query and key (attention_elements)
  T* scores = nullptr;  // f(...), of the same size; wanted only with squash
};

template <class T>
struct AttentionBackward {
  std::span<const std::int64_t> dialogues;
  std::int64_t heads = 1, head_width = 0;
  double scale = 1;
  bool squash = false;
  Matrix<const T> query, key, value, gradient;
  const T* shares = nullptr;
  const T* scores = nullptr;
  Matrix<T> query_gradient, key_gradient, value_gradient;
};

constexpr std::int64_t attention_elements(std::span<const std::int64_t> dialogues, std::int64_t heads) {
  std::int64_t elements = 0;
  for (std::size_t d = 0; d + 1 < dialogues.size(); ++d) {
    const std::int64_t turns = dialogues[d + 1] - dialogues[d];
    elements += heads * turns * turns;
  }
  return elements;
}

// Inverted dropout: mask = 1 / (1 - rate) where an element's Philox number is at least the rate, else 0. Counter:
// (layer, step, dialogue, turn * ceil(columns / 4) + column / 4), the word of column % 4; dialogues count from
// first_dialogue.
template <class T>
struct DropoutMask {
  std::span<const std::int64_t> dialogues;
  std::uint32_t first_dialogue = 0;
  std::int64_t columns = 0;
  std::array<std::uint32_t, 2> key = {};
  std::uint32_t layer = 0, step = 0;
  double rate = 0;
  Matrix<T> mask;
};

// Statistics of columns come in sums, which a caller may add up over several matrices before it divides them.
// sums[j] = sum over rows of x.
template <class T>
struct ColumnSums {
  std::int64_t rows = 0, columns = 0;
  Matrix<const T> x;
  T* sums = nullptr;  // [columns]
};

// sums[k - 2] = sum over rows of (x - mean)^k, k = 2..highest.
template <class T>
struct CentralSums {
  std::int64_t rows = 0, columns = 0, highest = 1;
  Matrix<const T> x;
  const T* mean = nullptr;  // [columns]
  Matrix<T> sums;           // [highest - 1, columns]
};

// The gradient of a function of the moments: moments[0] the mean, moments[k - 1] the mean of (x - mean)^k over `all`
// rows, of which these are a part; slopes[k - 1] is the function's derivative by the k-th one.
template <class T>
struct ColumnMomentsBackward {
  std::int64_t rows = 0, columns = 0, count = 1;
  double all = 0;
  Matrix<const T> x, moments, slopes;
  Matrix<T> gradient;
};

// y = (x - mean) / (row length of that + epsilon).
template <class T>
struct UnitRows {
  std::int64_t rows = 0, columns = 0;
  double epsilon = 0;
  Matrix<const T> x;
  const T* mean = nullptr;  // [columns]
  Matrix<T> y;
  T* factor = nullptr;  // [rows]: 1 / (length + epsilon)
};

// x = x * the row's factor, in place; sums[j] = sum over rows of that.
template <class T>
struct ScaleRows {
  std::int64_t rows = 0, columns = 0;
  const T* factor = nullptr;  // [rows]
  Matrix<T> x;
  T* sums = nullptr;  // [columns]
};

// x = x - mean, in place.
template <class T>
struct Centre {
  std::int64_t rows = 0, columns = 0;
  const T* mean = nullptr;  // [columns]
  Matrix<T> x;
};

// Numbers of one Adam or AdamW step, as torch casts them to the parameters' type.
template <class T>
struct AdamStep {
  T coupled_decay = 0;  // Adam: weight decay joins the gradient
  T keep = 1;           // AdamW: 1 - learning rate * weight decay
  T lerp = 0;           // 1 - beta1
  T beta2 = 0;          // factor of the squares
  T square_weight = 0;  // 1 - beta2
  T epsilon = 0;
  T step_size = 0;        // learning rate / (1 - beta1^t)
  T root_correction = 1;  // sqrt(1 - beta2^t)
};

template <class T>
struct Kernels {
  const char* instruction_set;  // e.g. "AVX2"

  void (*product)(const Product<T>&);
  void (*activate)(const Activate<T>&);
  void (*activate_backward)(const ActivateBackward<T>&);
  void (*recurrent)(const Recurrent<T>&);
  void (*recurrent_backward)(const RecurrentBackward<T>&);
  void (*attention)(const Attention<T>&);
  void (*attention_backward)(const AttentionBackward<T>&);
  void (*dropout_mask)(const DropoutMask<T>&);
  void (*column_sums)(const ColumnSums<T>&);
  void (*central_sums)(const CentralSums<T>&);
  void (*column_moments_backward)(const ColumnMomentsBackward<T>&);
  void (*unit_rows)(const UnitRows<T>&);
  void (*scale_rows)(const ScaleRows<T>&);
  void (*centre)(const Centre<T>&);

  void (*adam)(const AdamStep<T>&, std::int64_t count, T* parameter, const T* gradient, T* exp_avg, T* exp_avg_sq);
  void (*sgd)(T learning_rate, T weight_decay, std::int64_t count, T* parameter, const T* gradient);
  // Sums in double, in an order that depends on the count alone.
  double (*sum_of_squares)(const T* values, std::int64_t count);
  double (*sum_of_squared_differences)(const T* x, const T* y, std::int64_t count);
  // to = (from - mean) * factor, in double.
  void (*standardise)(const float* from, const double* mean, const double* factor, std::int64_t count, T* to);
};

// Of the best instruction set that this processor runs.
template <class T>
const Kernels<T>& kernels();

// Of each instruction set that this processor runs, best first.
template <class T>
std::vector<Kernels<T>> all_kernels();

}  // namespace mer::kernels
