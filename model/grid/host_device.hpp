// MER_HOST_DEVICE: before functions that run on the host and, compiled by nvcc, on the GPU.
#pragma once

#ifdef __CUDACC__
#define MER_HOST_DEVICE __host__ __device__
#else
#define MER_HOST_DEVICE
#endif
