// What libmer_cuda.so offers to those who load it.
//
// Threads and errors: model/grid/runtime.hpp.
#pragma once

#include "model/grid/runtime.hpp"

namespace mer::cuda {

// Of the interface between the library and who loads it: both are built from one source tree.
inline constexpr const char* kOpenSymbol = "mer_cuda_open";

// The first GPU that CUDA_VISIBLE_DEVICES shows; never nullptr: throws what the runtime throws. Deleted by the caller.
using Open = grid::Runtime* (*)(double memory_share);

inline constexpr const char* kNcclVersionSymbol = "mer_cuda_nccl_version";

// Of the NCCL that the library was loaded with, as NCCL counts (22809 is 2.28.9); 0: it is built without.
using NcclVersion = int (*)();

}  // namespace mer::cuda

extern "C" [[gnu::visibility("default")]] mer::grid::Runtime* mer_cuda_open(double memory_share);
extern "C" [[gnu::visibility("default")]] int mer_cuda_nccl_version();
