#include "core/gpu_meter.hpp"

#include <gtest/gtest.h>

namespace mer {
namespace {

TEST(GpuMeter, TellsOfTheGpuOfThatNumber) {
  const GpuMeter meter("0", MER_FAKE_NVML);

  EXPECT_EQ(meter.measure(), (ResourceUse{std::nullopt, std::nullopt, 1 << 20, 73}));
}

TEST(GpuMeter, WhatAGpuDoesNotTellIsAbsent) {
  const GpuMeter meter("MIG-2", MER_FAKE_NVML);

  EXPECT_EQ(meter.measure(), (ResourceUse{std::nullopt, std::nullopt, 2 << 20, std::nullopt}));
}

TEST(GpuMeter, NothingIsKnownOfAGpuThatIsNotThere) {
  for (const std::string gpu : {"7", "GPU-9", "", "0x", "-1"}) {
    EXPECT_EQ(GpuMeter(gpu, MER_FAKE_NVML).measure(), ResourceUse()) << gpu;
  }
}

TEST(GpuMeter, NothingIsKnownWithoutADriver) {
  EXPECT_EQ(GpuMeter("0", "libnone-of-that-name.so").measure(), ResourceUse());
}

}  // namespace
}  // namespace mer
