// Loops over long arrays, in a unit without LibTorch that the compiler turns into vector code (see CMakeLists.txt).
//
// Each element is computed by itself, or sums run in fixed lanes, so that vector code and plain code give the same
// bits. Threads: pure functions. T is float or double.
#pragma once

#include <cstdint>

namespace mer::trainer {

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
void adam_update(const AdamStep<T>& step, std::int64_t count, T* parameter, const T* gradient, T* exp_avg,
                 T* exp_avg_sq);

template <class T>
void sgd_update(T learning_rate, T weight_decay, std::int64_t count, T* parameter, const T* gradient);

template <class T>
double sum_of_squares(const T* values, std::int64_t count);

// to[i] = (from[i] - mean[i]) * factor[i], in double.
template <class T>
void standardise(const float* from, const double* mean, const double* factor, std::int64_t count, T* to);

}  // namespace mer::trainer
