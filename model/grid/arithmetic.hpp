// The functions of one number that the grid's computations use, on the host and on the GPU.
//
// Threads: pure functions.
#pragma once

#include <cmath>

#include "model/grid/host_device.hpp"
#include "model/kernels/kernels.hpp"

namespace mer::grid {

template <class T>
MER_HOST_DEVICE inline T sigmoid(T x) {
  return T(1) / (T(1) + std::exp(-x));
}
template <class T>
MER_HOST_DEVICE inline T tanh(T x) {
  return std::tanh(x);
}

// NaN stays NaN: the comparison is false.
template <class T>
MER_HOST_DEVICE inline T activated(T x, kernels::Activation activation) {
  if (activation == kernels::Activation::sigmoid) return sigmoid(x);
  if (activation == kernels::Activation::relu) return x < T(0) ? T(0) : x;
  return x;
}

// gradient * activation'(), from the activation's value.
template <class T>
MER_HOST_DEVICE inline T activation_slope(T gradient, T value, kernels::Activation activation) {
  if (activation == kernels::Activation::sigmoid) return gradient * value * (T(1) - value);
  if (activation == kernels::Activation::relu) return value > T(0) ? gradient : T(0);
  return gradient;
}

#include "model/kernels/cells-inl.hpp"

}  // namespace mer::grid
