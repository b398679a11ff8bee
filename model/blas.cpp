#include "model/blas.hpp"

// The Fortran interface of BLAS, exported by libtorch_cpu.
extern "C" {
void sgemm_(const char* a_form, const char* b_form, const int* rows, const int* columns, const int* inner,
            const float* alpha, const float* a, const int* a_step, const float* b, const int* b_step, const float* beta,
            float* c, const int* c_step);
void dgemm_(const char* a_form, const char* b_form, const int* rows, const int* columns, const int* inner,
            const double* alpha, const double* a, const int* a_step, const double* b, const int* b_step,
            const double* beta, double* c, const int* c_step);
}

namespace mer::model {
namespace {

// Fortran's matrices are column-major: it sees every matrix transposed, so it gets c^T = b^T a^T.
template <class T, class Gemm>
void multiply_with(const Gemm& gemm, std::int64_t rows, std::int64_t columns, std::int64_t inner, const Operand<T>& a,
                   const Operand<T>& b, const Matrix<T>& c, bool accumulate) {
  const auto m = int(columns), n = int(rows), k = int(inner);
  const auto a_step = int(a.step), b_step = int(b.step), c_step = int(c.step);
  const T alpha = 1;
  const T beta = accumulate ? 1 : 0;
  gemm(b.transposed ? "T" : "N", a.transposed ? "T" : "N", &m, &n, &k, &alpha, b.data, &b_step, a.data, &a_step, &beta,
       c.data, &c_step);
}

}  // namespace

template <>
void multiply(std::int64_t rows, std::int64_t columns, std::int64_t inner, const Operand<float>& a,
              const Operand<float>& b, const Matrix<float>& c, bool accumulate) {
  multiply_with<float>(sgemm_, rows, columns, inner, a, b, c, accumulate);
}
template <>
void multiply(std::int64_t rows, std::int64_t columns, std::int64_t inner, const Operand<double>& a,
              const Operand<double>& b, const Matrix<double>& c, bool accumulate) {
  multiply_with<double>(dgemm_, rows, columns, inner, a, b, c, accumulate);
}

}  // namespace mer::model
