// How a machine without a usable GPU, or without libmer_cuda.so, is told apart.
#include <dlfcn.h>
#include <gmock/gmock.h>

#include "model/cuda/library.hpp"
#include "model/device/gpu.hpp"

namespace mer::model {
namespace {

TEST(GpuLibraryTest, WhatIsMissingIsNamed) {
  const auto gpu = open_gpu(1, "/nowhere/libmer_cuda.so");

  ASSERT_FALSE(gpu.ok());
  EXPECT_EQ(gpu.error().code, ErrorCode::unavailable);
  EXPECT_THAT(gpu.error().message, testing::AnyOf(testing::HasSubstr("no NVIDIA driver"),
                                                  testing::HasSubstr("the NVIDIA driver shows no GPU"),
                                                  testing::HasSubstr("/nowhere/libmer_cuda.so is not there")));
}

#ifdef MER_CUDA_LIBRARY
TEST(GpuLibraryTest, LoadsWithoutAGpuAndOffersItsFunction) {
  void* const library = ::dlopen(MER_CUDA_LIBRARY, RTLD_NOW | RTLD_LOCAL);

  ASSERT_NE(library, nullptr) << ::dlerror();
  EXPECT_NE(::dlsym(library, cuda::kOpenSymbol), nullptr);
}

TEST(GpuLibraryTest, SaysWithWhichNcclItWasLoaded) {
  void* const library = ::dlopen(MER_CUDA_LIBRARY, RTLD_NOW | RTLD_LOCAL);
  ASSERT_NE(library, nullptr) << ::dlerror();
  const auto version = reinterpret_cast<cuda::NcclVersion>(::dlsym(library, cuda::kNcclVersionSymbol));
  ASSERT_NE(version, nullptr);

  if (MER_HAVE_NCCL) {
    EXPECT_GE(version(), 21600);
  } else {
    EXPECT_EQ(version(), 0);
  }
}
#endif

}  // namespace
}  // namespace mer::model
