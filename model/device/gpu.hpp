// open_gpu(): a GPU as a grid::Runtime, by loading NVIDIA's driver and libmer_cuda.so at run time.
//
// Threads: one at a time. Errors: unavailable, with what is missing and how to get it.
#pragma once

#include <memory>
#include <string>

#include "core/result.hpp"
#include "model/grid/runtime.hpp"

namespace mer::model {

// The first GPU that CUDA_VISIBLE_DEVICES shows. memory_share: the part of its memory to take at most. library: where
// libmer_cuda.so is; empty: beside this program.
Result<std::shared_ptr<grid::Runtime>> open_gpu(double memory_share, std::string library = "");

}  // namespace mer::model
