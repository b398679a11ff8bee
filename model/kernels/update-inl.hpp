// Loops over long arrays: optimizers, norms, standardised features.
#if defined(MER_KERNELS_UPDATE) == defined(HWY_TARGET_TOGGLE)
#ifdef MER_KERNELS_UPDATE
#undef MER_KERNELS_UPDATE
#else
#define MER_KERNELS_UPDATE
#endif

#include <type_traits>

#include "model/kernels/kernels.hpp"
#include "model/kernels/lanes-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace mer::kernels::HWY_NAMESPACE {

template <class T>
void adam(const AdamStep<T>& s, std::int64_t count, T* HWY_RESTRICT parameter, const T* HWY_RESTRICT gradient,
          T* HWY_RESTRICT exp_avg, T* HWY_RESTRICT exp_avg_sq) {
  const Lanes<T> keep(s.keep), decay(s.coupled_decay), lerp(s.lerp), beta2(s.beta2), square_weight(s.square_weight);
  const Lanes<T> step_size(s.step_size), correction(s.root_correction), epsilon(s.epsilon);
  for_each_vector<T>(count, [&](std::int64_t i, std::int64_t n) HWY_ATTR {
    const Lanes<T> value = load<T>(parameter + i, n) * keep;
    const Lanes<T> slope = load(gradient + i, n) + decay * value;
    const Lanes<T> before = load<T>(exp_avg + i, n);
    const Lanes<T> average = before + lerp * (slope - before);
    const Lanes<T> square = load<T>(exp_avg_sq + i, n) * beta2 + square_weight * slope * slope;
    store(average, exp_avg + i, n);
    store(square, exp_avg_sq + i, n);
    const Lanes<T> root(hn::Sqrt(square.v));
    store(value - step_size * (average / (root / correction + epsilon)), parameter + i, n);
  });
}

template <class T>
void sgd(T learning_rate, T weight_decay, std::int64_t count, T* HWY_RESTRICT parameter,
         const T* HWY_RESTRICT gradient) {
  const Lanes<T> rate(learning_rate), decay(weight_decay);
  for_each_vector<T>(count, [&](std::int64_t i, std::int64_t n) HWY_ATTR {
    const Lanes<T> value = load<T>(parameter + i, n);
    store(value - rate * (load(gradient + i, n) + decay * value), parameter + i, n);
  });
}

// Calls function(value in double) for the elements, each lane of a register of doubles its own sum.
template <class T, class Term>
HWY_INLINE double sum_in_double(std::int64_t count, const Term& term) {
  constexpr std::int64_t kLanes = 8;
  double sums[kLanes] = {};
  const std::int64_t whole = count / kLanes * kLanes;
  for (std::int64_t i = 0; i < whole; i += kLanes) {
    for (std::int64_t lane = 0; lane < kLanes; ++lane) sums[lane] += term(i + lane);
  }
  for (std::int64_t i = whole; i < count; ++i) sums[i - whole] += term(i);
  double total = 0;
  for (const double sum : sums) total += sum;
  return total;
}

template <class T>
double sum_of_squares(const T* values, std::int64_t count) {
  return sum_in_double<T>(count, [values](std::int64_t i) HWY_ATTR { return double(values[i]) * double(values[i]); });
}

template <class T>
double sum_of_squared_differences(const T* x, const T* y, std::int64_t count) {
  return sum_in_double<T>(count, [x, y](std::int64_t i) HWY_ATTR {
    const double difference = double(x[i]) - double(y[i]);
    return difference * difference;
  });
}

template <class T>
void standardise(const float* HWY_RESTRICT from, const double* HWY_RESTRICT mean, const double* HWY_RESTRICT factor,
                 std::int64_t count, T* HWY_RESTRICT to) {
  std::int64_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::ScalableTag<double> d;
  const hn::Rebind<float, decltype(d)> narrow;
  const auto n = std::int64_t(hn::Lanes(d));
  for (; i + n <= count; i += n) {
    const auto wide = hn::PromoteTo(d, hn::LoadU(narrow, from + i));
    const auto value = hn::Mul(hn::Sub(wide, hn::LoadU(d, mean + i)), hn::LoadU(d, factor + i));
    if constexpr (std::is_same_v<T, float>) {
      hn::StoreU(hn::DemoteTo(narrow, value), narrow, to + i);
    } else {
      hn::StoreU(value, d, to + i);
    }
  }
#endif
  for (; i < count; ++i) to[i] = T((double(from[i]) - mean[i]) * factor[i]);
}

}  // namespace mer::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
