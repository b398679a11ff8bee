// Vectors of numbers that a kernel works on: loads and stores of a few elements, the functions that cells need.
//
// Compiled once for each instruction set (see kernels.cpp): no include guard of the usual kind.
#if defined(MER_KERNELS_LANES) == defined(HWY_TARGET_TOGGLE)
#ifdef MER_KERNELS_LANES
#undef MER_KERNELS_LANES
#else
#define MER_KERNELS_LANES
#endif

#include <cstddef>
#include <cstring>
#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace mer::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

template <class T>
using Tag = hn::ScalableTag<T>;

// As many numbers as fit into a register.
template <class T>
struct Lanes {
  using D = Tag<T>;
  hn::Vec<D> v;

  HWY_INLINE Lanes() : v(hn::Zero(D())) {}
  HWY_INLINE explicit Lanes(T number) : v(hn::Set(D(), number)) {}
  HWY_INLINE explicit Lanes(int number) : v(hn::Set(D(), T(number))) {}
  HWY_INLINE explicit Lanes(hn::Vec<D> vector) : v(vector) {}

  friend HWY_INLINE Lanes operator+(Lanes a, Lanes b) { return Lanes(hn::Add(a.v, b.v)); }
  friend HWY_INLINE Lanes operator-(Lanes a, Lanes b) { return Lanes(hn::Sub(a.v, b.v)); }
  friend HWY_INLINE Lanes operator*(Lanes a, Lanes b) { return Lanes(hn::Mul(a.v, b.v)); }
  friend HWY_INLINE Lanes operator/(Lanes a, Lanes b) { return Lanes(hn::Div(a.v, b.v)); }

  // Highway's functions answer a number for NaN; a run that diverges must show.
  friend HWY_INLINE Lanes exp(Lanes x) {
    const hn::Vec<D> bounded = hn::Min(hn::Set(D(), T(sizeof(T) == 4 ? 80 : 700)), x.v);
    return Lanes(hn::IfThenElse(hn::IsNaN(x.v), x.v, hn::Exp(D(), bounded)));
  }
  friend HWY_INLINE Lanes sigmoid(Lanes x) { return Lanes(1) / (Lanes(1) + exp(Lanes(hn::Neg(x.v)))); }
  friend HWY_INLINE Lanes tanh(Lanes x) { return Lanes(hn::IfThenElse(hn::IsNaN(x.v), x.v, hn::Tanh(D(), x.v))); }
};

template <class T>
HWY_INLINE std::int64_t lanes() {
  return std::int64_t(hn::Lanes(Tag<T>()));
}

// a * b + c.
template <class T>
HWY_INLINE Lanes<T> multiply_add(Lanes<T> a, Lanes<T> b, Lanes<T> c) {
  return Lanes<T>(hn::MulAdd(a.v, b.v, c.v));
}

// The first `count` elements, zeros behind them; memory beyond is not touched.
template <class T>
HWY_INLINE Lanes<T> load(const T* from, std::int64_t count) {
  const Tag<T> d;
  if (HWY_LIKELY(count >= lanes<T>())) return Lanes<T>(hn::LoadU(d, from));
#if HWY_TARGET <= HWY_AVX2
  return Lanes<T>(hn::MaskedLoad(hn::FirstN(d, std::size_t(count)), d, from));
#else
  HWY_ALIGN T buffer[HWY_MAX_BYTES / sizeof(T)] = {};
  std::memcpy(buffer, from, std::size_t(count) * sizeof(T));
  return Lanes<T>(hn::Load(d, buffer));
#endif
}

template <class T>
HWY_INLINE void store(Lanes<T> vector, T* to, std::int64_t count) {
  const Tag<T> d;
  if (HWY_LIKELY(count >= lanes<T>())) {
    hn::StoreU(vector.v, d, to);
    return;
  }
#if HWY_TARGET <= HWY_AVX2
  hn::BlendedStore(vector.v, hn::FirstN(d, std::size_t(count)), d, to);
#else
  HWY_ALIGN T buffer[HWY_MAX_BYTES / sizeof(T)];
  hn::Store(vector.v, d, buffer);
  std::memcpy(to, buffer, std::size_t(count) * sizeof(T));
#endif
}

template <class T>
HWY_INLINE T sum(Lanes<T> x) {
  return hn::GetLane(hn::SumOfLanes(Tag<T>(), x.v));
}
template <class T>
HWY_INLINE T maximum(Lanes<T> x) {
  return hn::GetLane(hn::MaxOfLanes(Tag<T>(), x.v));
}

// function(first column, columns of this vector) for vectors that together cover all columns.
template <class T, class Function>
HWY_INLINE void for_each_vector(std::int64_t columns, const Function& function) {
  const std::int64_t n = lanes<T>();
  std::int64_t column = 0;
  for (; column + n <= columns; column += n) function(column, n);
  if (column < columns) function(column, columns - column);
}

}  // namespace mer::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
