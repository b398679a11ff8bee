// CudaRuntime: one GPU through the CUDA runtime and cuBLAS.
//
// One stream; recordings are CUDA graphs, and in a gang NCCL's sums between them. Matrix products are in full precision
// (no TF32), with a workspace of their own, so that equal calls give equal bits. Threads and errors:
// model/grid/runtime.hpp.
#pragma once

#include <cublas_v2.h>
#include <cuda_runtime_api.h>
#include <memory>
#include <string>

#include "model/cuda/nccl_gang.hpp"
#include "model/grid/layout.hpp"
#include "model/grid/products.hpp"
#include "model/grid/runtime.hpp"

namespace mer::cuda {

// Throws unless `code` is a success: std::bad_alloc for a lack of memory, else std::runtime_error.
void check(cudaError_t code, const char* what);
void check(cublasStatus_t code, const char* what);

struct CudaRecording;

class CudaRuntime : public grid::Runtime {
 public:
  // The first GPU that CUDA_VISIBLE_DEVICES shows. memory_share: the part of its memory that may be taken.
  explicit CudaRuntime(double memory_share);
  ~CudaRuntime() override;

  std::string name() const override { return name_; }
  std::size_t memory_limit() const override { return memory_limit_; }
  const grid::Operations<float>& operations_in_float() const override;
  const grid::Operations<double>& operations_in_double() const override;

  void* allocate_pinned(std::size_t bytes) override;
  void release_pinned(void* memory) override;
  void upload(void* device, const void* host, std::size_t bytes) override;
  void download(void* host, const void* device, std::size_t bytes) override;
  void copy(void* to, const void* from, std::size_t bytes) override;
  void clear(void* device, std::size_t bytes) override;
  void synchronize() override;
  void replay(const grid::Recording& recording) override;

  template <class Function>
  void launch(std::size_t count, const Function& function);
  template <class Function>
  void launch_blocks(grid::Index blocks, grid::Index units, const Function& function);
  template <class T>
  void multiply(const grid::Products<T>& products);

 protected:
  void* acquire(std::size_t bytes) override;
  void give_back(void* memory, std::size_t bytes) override;
  void begin_capture() override;
  std::unique_ptr<grid::Recording> end_capture() override;
  void enter(Gang& gang) override;
  void queue_sums(std::span<const grid::GangSum> sums) override;

 private:
  void begin_graph();
  void end_graph(CudaRecording& recording);

  std::string name_;
  std::size_t memory_limit_ = 0;
  std::size_t memory_ = 0;  // taken
  cudaStream_t stream_ = nullptr;
  cublasHandle_t cublas_ = nullptr;
  void* workspace_ = nullptr;
  std::unique_ptr<CudaRecording> recorded_;  // nullptr: nothing is being recorded
  std::unique_ptr<NcclGang> gang_;
};

}  // namespace mer::cuda
