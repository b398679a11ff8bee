// The end of a step: gradient norms, the decision which slots learn, and the optimizers.
#pragma once

#include "model/grid/arithmetic.hpp"
#include "model/grid/operations.hpp"

namespace mer::grid {

// Elements of a gradient that one thread sums.
constexpr std::int64_t kNormPart = 512;

constexpr std::int64_t norm_parts(std::int64_t elements) {
  return (elements + kNormPart - 1) / kNormPart;
}

// parts[slot][first + part]: sums of squares.
template <class T>
struct NormParts {
  std::int64_t elements, first, all_parts;
  Stacked<const T> gradient;
  double* parts;

  MER_HOST_DEVICE void operator()(Index i) const {
    const std::int64_t own = (elements + kNormPart - 1) / kNormPart;
    const std::int64_t part = std::int64_t(i) % own;
    const Index slot = Index(std::int64_t(i) / own);
    const std::int64_t end = part * kNormPart + kNormPart < elements ? part * kNormPart + kNormPart : elements;
    const T* const values = gradient.of(slot);
    double total = 0;
    for (std::int64_t k = part * kNormPart; k < end; ++k) total += double(values[k]) * double(values[k]);
    parts[std::int64_t(slot) * all_parts + first + part] = total;
  }
};

// Norms, and the losses with them: updates[slot] is 1 where the slot takes part and all of them are finite.
template <class T>
struct Decide {
  std::int64_t all_parts;
  const double* parts;
  Update<T> op;
  std::int32_t* updates;

  MER_HOST_DEVICE void operator()(Index slot) const {
    double total = 0;
    for (std::int64_t part = 0; part < all_parts; ++part) total += parts[std::int64_t(slot) * all_parts + part];
    const double norm = std::sqrt(total);
    bool learns = op.learns[slot] != 0 && is_finite(norm);
    for (int i = 0; i < op.loss_count; ++i) learns = learns && is_finite(double(op.losses[i][slot]));
    op.norms[slot] = norm;
    updates[slot] = learns ? 1 : 0;
  }

 private:
  // x - x is NaN for NaN and infinities.
  MER_HOST_DEVICE static bool is_finite(double x) { return x - x == 0; }
};

template <class T>
struct UpdateElement {
  Weights<T> weights;
  const OptimizerStep<T>* steps;
  const std::int32_t* updates;

  MER_HOST_DEVICE void operator()(Index i) const {
    const Index slot = Index(i / weights.elements);
    if (updates[slot] == 0) return;
    const std::int64_t k = i % weights.elements;
    const OptimizerStep<T>& step = steps[slot];
    T& parameter = weights.values.of(slot)[k];
    const T gradient = weights.gradient.of(slot)[k];
    if (step.sgd) {
      parameter = parameter - step.learning_rate * (gradient + step.weight_decay * parameter);
    } else {
      adam(step.adam, gradient, parameter, weights.exp_avg.of(slot)[k], weights.exp_avg_sq.of(slot)[k]);
    }
  }

 private:
  MER_HOST_DEVICE static void adam(const kernels::AdamStep<T>& step, T gradient, T& parameter, T& exp_avg,
                                   T& exp_avg_sq) {
    const T value = parameter * step.keep;
    const T slope = gradient + step.coupled_decay * value;
    exp_avg = exp_avg + step.lerp * (slope - exp_avg);
    exp_avg_sq = exp_avg_sq * step.beta2 + step.square_weight * slope * slope;
    parameter = value - step.step_size * (exp_avg / (std::sqrt(exp_avg_sq) / step.root_correction + step.epsilon));
  }
};

template <class Q, class T>
void update(Runtime& runtime, const Update<T>& op) {
  Q& queue = static_cast<Q&>(runtime);
  std::int64_t all_parts = 0;
  for (std::size_t i = 0; i < op.count; ++i) all_parts += norm_parts(op.weights[i].elements);
  const Scratch<double> parts(queue, std::size_t(all_parts) * op.slots);
  const Scratch<std::int32_t> updates(queue, op.slots);
  std::int64_t first = 0;
  for (std::size_t i = 0; i < op.count; ++i) {
    const Weights<T>& weights = op.weights[i];
    const std::int64_t own = norm_parts(weights.elements);
    queue.launch(std::size_t(own) * op.slots,
                 NormParts<T>{weights.elements, first, all_parts, weights.gradient, parts.data()});
    first += own;
  }
  queue.launch(op.slots, Decide<T>{all_parts, parts.data(), op, updates.data()});
  for (std::size_t i = 0; i < op.count; ++i) {
    queue.launch(std::size_t(op.weights[i].elements) * op.slots,
                 UpdateElement<T>{op.weights[i], op.steps, updates.data()});
  }
}

}  // namespace mer::grid
