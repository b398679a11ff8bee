// NcclGang: sums over the GPUs of a gang's members, by NCCL on a runtime's stream. Each member has a GPU of its own.
//
// nccl_gang.cpp, or no_nccl.cpp where libmer_cuda.so is built without NCCL. Sums are queued, never part of a CUDA
// graph: NCCL wants a graph with its work to be captured and launched by all members together, and members make theirs
// when their own batches need one. Threads: as model/grid/runtime.hpp. Errors: std::runtime_error.
#pragma once

#include <cuda_runtime_api.h>
#include <span>

#include "core/gang.hpp"
#include "model/grid/runtime.hpp"

struct ncclComm;

namespace mer::cuda {

// Of the library that was loaded, as NCCL counts (22809 is 2.28.9); 0: built without.
int nccl_version();

class NcclGang {
 public:
  // Returns when all members are there.
  NcclGang(Gang& gang, cudaStream_t stream);
  NcclGang(const NcclGang&) = delete;
  NcclGang& operator=(const NcclGang&) = delete;

  void sum(std::span<const grid::GangSum> sums);

  // Waits for the stream. Errors: also what NCCL noticed meanwhile (a member's machine that is gone), which is the end
  // of this gang.
  void synchronize();

 private:
  // Not taken apart at the end: NCCL waits for the other members then, and one that failed would wait for good.
  [[maybe_unused]] ncclComm* comm_ = nullptr;
  [[maybe_unused]] cudaStream_t stream_;
};

}  // namespace mer::cuda
