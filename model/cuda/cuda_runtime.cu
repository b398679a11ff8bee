#include "model/cuda/cuda_runtime.hpp"

#include <algorithm>
#include <stdexcept>

#include "model/cuda/library.hpp"
#include "model/grid/operations-inl.hpp"

namespace mer::cuda {
namespace {

using grid::Index;

constexpr unsigned kThreads = 256;
constexpr unsigned kMostThreads = 1024, kWarp = 32;
constexpr std::size_t kWorkspace = std::size_t{32} << 20;  // what cuBLAS recommends for the largest architectures

template <class Function>
__global__ void run_each(std::size_t count, Function function) {
  const std::size_t i = std::size_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < count) function(Index(i));
}

// The barrier also makes what a step wrote visible to the next one's threads.
template <class Function>
__global__ void run_block(Index units, Function function) {
  const Index steps = function.steps(blockIdx.x);
  for (Index step = 0; step < steps; ++step) {
    for (Index unit = threadIdx.x; unit < units; unit += blockDim.x) function(blockIdx.x, step, unit);
    __syncthreads();
  }
}

struct CudaRecording : grid::Recording {
  explicit CudaRecording(cudaGraphExec_t executable) : graph(executable) {}
  ~CudaRecording() override { cudaGraphExecDestroy(graph); }
  cudaGraphExec_t graph;
};

}  // namespace

void check(cudaError_t code, const char* what) {
  if (code == cudaSuccess) return;
  throw std::runtime_error(std::string("CUDA: ") + what + ": " + cudaGetErrorString(code));
}

void check(cublasStatus_t code, const char* what) {
  if (code == CUBLAS_STATUS_SUCCESS) return;
  throw std::runtime_error(std::string("cuBLAS: ") + what + ": " + cublasGetStatusString(code));
}

CudaRuntime::CudaRuntime(double memory_share) {
  cudaDeviceProp properties{};
  check(cudaGetDeviceProperties(&properties, 0), "reading the GPU's properties");
  name_ = properties.name;
  memory_limit_ = std::size_t(double(properties.totalGlobalMem) * memory_share);
  check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "creating a stream");
  check(cublasCreate(&cublas_), "starting");
  check(cublasSetStream(cublas_, stream_), "setting the stream");
  check(cublasSetMathMode(cublas_, CUBLAS_DEFAULT_MATH), "setting full precision");
  workspace_ = allocate(kWorkspace);
  check(cublasSetWorkspace(cublas_, workspace_, kWorkspace), "setting the workspace");
}

CudaRuntime::~CudaRuntime() {
  cudaStreamSynchronize(stream_);
  cublasDestroy(cublas_);
  release_pools();
  cudaStreamDestroy(stream_);
}

const grid::Operations<float>& CudaRuntime::operations_in_float() const {
  static const grid::Operations<float> table = grid::operations_of<CudaRuntime, float>();
  return table;
}

const grid::Operations<double>& CudaRuntime::operations_in_double() const {
  static const grid::Operations<double> table = grid::operations_of<CudaRuntime, double>();
  return table;
}

void* CudaRuntime::allocate_pinned(std::size_t bytes) {
  void* memory = nullptr;
  check(cudaHostAlloc(&memory, std::max<std::size_t>(bytes, 1), cudaHostAllocDefault), "allocating pinned memory");
  return memory;
}

void CudaRuntime::release_pinned(void* memory) {
  cudaFreeHost(memory);
}

void CudaRuntime::upload(void* device, const void* host, std::size_t bytes) {
  check(cudaMemcpyAsync(device, host, bytes, cudaMemcpyHostToDevice, stream_), "copying to the GPU");
}

void CudaRuntime::download(void* host, const void* device, std::size_t bytes) {
  check(cudaMemcpyAsync(host, device, bytes, cudaMemcpyDeviceToHost, stream_), "copying from the GPU");
}

void CudaRuntime::copy(void* to, const void* from, std::size_t bytes) {
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, stream_), "copying on the GPU");
}

void CudaRuntime::clear(void* device, std::size_t bytes) {
  check(cudaMemsetAsync(device, 0, bytes, stream_), "clearing memory");
}

void CudaRuntime::synchronize() {
  check(cudaStreamSynchronize(stream_), "computing");
}

void CudaRuntime::replay(const grid::Recording& recording) {
  check(cudaGraphLaunch(static_cast<const CudaRecording&>(recording).graph, stream_), "launching a graph");
}

// Relaxed: memory is asked for while work is recorded, and autograd records from its own thread.
void CudaRuntime::begin_capture() {
  check(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeRelaxed), "beginning a recording");
}

std::unique_ptr<grid::Recording> CudaRuntime::end_capture() {
  cudaGraph_t graph = nullptr;
  check(cudaStreamEndCapture(stream_, &graph), "ending a recording");
  cudaGraphExec_t executable = nullptr;
  const cudaError_t made = cudaGraphInstantiate(&executable, graph, 0);
  cudaGraphDestroy(graph);
  check(made, "making a graph");
  return std::make_unique<CudaRecording>(executable);
}

void* CudaRuntime::acquire(std::size_t bytes) {
  if (memory_ + bytes > memory_limit_) return nullptr;
  void* memory = nullptr;
  const cudaError_t code = cudaMalloc(&memory, bytes);
  if (code == cudaErrorMemoryAllocation) {
    cudaGetLastError();  // takes the error away: it is not one of the next call
    return nullptr;
  }
  check(code, "allocating memory");
  memory_ += bytes;
  return memory;
}

void CudaRuntime::give_back(void* memory, std::size_t bytes) {
  cudaFree(memory);
  memory_ -= bytes;
}

template <class Function>
void CudaRuntime::launch(std::size_t count, const Function& function) {
  grid::check_launch<Function>(count);
  if (count == 0) return;
  run_each<<<unsigned((count + kThreads - 1) / kThreads), kThreads, 0, stream_>>>(count, function);
  check(cudaGetLastError(), "launching a kernel");
}

template <class Function>
void CudaRuntime::launch_blocks(Index blocks, Index units, const Function& function) {
  grid::check_launch<Function>(blocks);
  if (blocks == 0) return;
  const unsigned threads = std::min(kMostThreads, (units + kWarp - 1) / kWarp * kWarp);
  run_block<<<blocks, threads, 0, stream_>>>(units, function);
  check(cudaGetLastError(), "launching a kernel");
}

namespace {

template <class T>
cublasOperation_t operation(const grid::Matrices<const T>& matrices) {
  return matrices.transposed ? CUBLAS_OP_T : CUBLAS_OP_N;
}

cublasStatus_t multiply_batches(cublasHandle_t handle, const grid::Products<float>& p) {
  const float one = 1, keep = p.accumulate ? 1 : 0;
  return cublasSgemmStridedBatched(handle, operation(p.b), operation(p.a), int(p.columns), int(p.rows), int(p.inner),
                                   &one, p.b.data, int(p.b.row), p.b.batch, p.a.data, int(p.a.row), p.a.batch, &keep,
                                   p.c.data, int(p.c.row), p.c.batch, int(p.count));
}

cublasStatus_t multiply_batches(cublasHandle_t handle, const grid::Products<double>& p) {
  const double one = 1, keep = p.accumulate ? 1 : 0;
  return cublasDgemmStridedBatched(handle, operation(p.b), operation(p.a), int(p.columns), int(p.rows), int(p.inner),
                                   &one, p.b.data, int(p.b.row), p.b.batch, p.a.data, int(p.a.row), p.a.batch, &keep,
                                   p.c.data, int(p.c.row), p.c.batch, int(p.count));
}

}  // namespace

// cuBLAS reads a row-major matrix as its transpose, so what is asked of it is c^T = b^T a^T.
template <class T>
void CudaRuntime::multiply(const grid::Products<T>& products) {
  check(multiply_batches(cublas_, products), "multiplying matrices");
}

}  // namespace mer::cuda

extern "C" mer::grid::Runtime* mer_cuda_open(double memory_share) {
  return new mer::cuda::CudaRuntime(memory_share);
}
