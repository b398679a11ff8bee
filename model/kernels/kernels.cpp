#include "model/kernels/kernels.hpp"

// Instruction sets: x86-64's own, AVX2, AVX-512. The others that Highway knows would only be compiled, not run.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/kernels/kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "model/kernels/attention-inl.hpp"
#include "model/kernels/product-inl.hpp"
#include "model/kernels/recurrent-inl.hpp"
#include "model/kernels/rows-inl.hpp"
#include "model/kernels/update-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace mer::kernels::HWY_NAMESPACE {

template <class T>
Kernels<T> table() {
  return {hwy::TargetName(HWY_TARGET),
          product<T>,
          activate<T>,
          activate_backward<T>,
          recurrent<T>,
          recurrent_backward<T>,
          attention<T>,
          attention_backward<T>,
          dropout_mask<T>,
          column_sums<T>,
          central_sums<T>,
          column_moments_backward<T>,
          unit_rows<T>,
          scale_rows<T>,
          centre<T>,
          adam<T>,
          sgd<T>,
          sum_of_squares<T>,
          sum_of_squared_differences<T>,
          standardise<T>};
}
Kernels<float> float_table() {
  return table<float>();
}
Kernels<double> double_table() {
  return table<double>();
}

}  // namespace mer::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace mer::kernels {

HWY_EXPORT(float_table);
HWY_EXPORT(double_table);

namespace {

template <class T>
Kernels<T> chosen();
template <>
Kernels<float> chosen() {
  return HWY_DYNAMIC_DISPATCH(float_table)();
}
template <>
Kernels<double> chosen() {
  return HWY_DYNAMIC_DISPATCH(double_table)();
}

// Highway's choice is global: it is made for each set in turn, then set back.
template <class T>
std::vector<Kernels<T>> choose_each() {
  std::vector<Kernels<T>> tables;
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    tables.push_back(chosen<T>());
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  return tables;
}

}  // namespace

template <>
const Kernels<float>& kernels() {
  static const Kernels<float> table = chosen<float>();
  return table;
}
template <>
const Kernels<double>& kernels() {
  static const Kernels<double> table = chosen<double>();
  return table;
}
template <>
std::vector<Kernels<float>> all_kernels() {
  return choose_each<float>();
}
template <>
std::vector<Kernels<double>> all_kernels() {
  return choose_each<double>();
}

}  // namespace mer::kernels
#endif
