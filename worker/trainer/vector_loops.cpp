#include "worker/trainer/vector_loops.hpp"

#include <cmath>

namespace mer::trainer {

template <class T>
void adam_update(const AdamStep<T>& step, std::int64_t count, T* __restrict parameter, const T* __restrict gradient,
                 T* __restrict exp_avg, T* __restrict exp_avg_sq) {
  const AdamStep<T> s = step;
  for (std::int64_t i = 0; i < count; ++i) {
    const T value = parameter[i] * s.keep;
    const T slope = gradient[i] + s.coupled_decay * value;
    const T average = exp_avg[i] + s.lerp * (slope - exp_avg[i]);
    const T square = exp_avg_sq[i] * s.beta2 + s.square_weight * slope * slope;
    exp_avg[i] = average;
    exp_avg_sq[i] = square;
    parameter[i] = value - s.step_size * (average / (std::sqrt(square) / s.root_correction + s.epsilon));
  }
}

template <class T>
void sgd_update(T learning_rate, T weight_decay, std::int64_t count, T* __restrict parameter,
                const T* __restrict gradient) {
  for (std::int64_t i = 0; i < count; ++i) {
    parameter[i] -= learning_rate * (gradient[i] + weight_decay * parameter[i]);
  }
}

template <class T>
double sum_of_squares(const T* values, std::int64_t count) {
  constexpr int kLanes = 8;
  double sums[kLanes] = {};
  const std::int64_t whole = count / kLanes * kLanes;
  for (std::int64_t i = 0; i < whole; i += kLanes) {
    for (int lane = 0; lane < kLanes; ++lane) sums[lane] += double(values[i + lane]) * double(values[i + lane]);
  }
  for (std::int64_t i = whole; i < count; ++i) sums[0] += double(values[i]) * double(values[i]);
  double total = 0;
  for (const double sum : sums) total += sum;
  return total;
}

template <class T>
void standardise(const float* __restrict from, const double* __restrict mean, const double* __restrict factor,
                 std::int64_t count, T* __restrict to) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = T((double(from[i]) - mean[i]) * factor[i]);
}

template void adam_update(const AdamStep<float>&, std::int64_t, float*, const float*, float*, float*);
template void adam_update(const AdamStep<double>&, std::int64_t, double*, const double*, double*, double*);
template void sgd_update(float, float, std::int64_t, float*, const float*);
template void sgd_update(double, double, std::int64_t, double*, const double*);
template double sum_of_squares(const float*, std::int64_t);
template double sum_of_squares(const double*, std::int64_t);
template void standardise(const float*, const double*, const double*, std::int64_t, float*);
template void standardise(const float*, const double*, const double*, std::int64_t, double*);

}  // namespace mer::trainer
