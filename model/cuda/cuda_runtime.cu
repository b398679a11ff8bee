#include <algorithm>
#include <memory>
#include <new>
#include <stdexcept>
#include <utility>
#include <vector>

#include "model/cuda/cuda_runtime.hpp"
#include "model/cuda/library.hpp"
#include "model/grid/operations-inl.hpp"

namespace mer::cuda {
namespace {

using grid::Index;

constexpr unsigned kThreads = 256;
constexpr unsigned kMostThreads = 1024, kWarp = 32;
constexpr double kOwnPart = 0.9;  // of a share of the GPU's memory: CUDA and cuBLAS take some for themselves
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

// Memory that no pool asked for: pinned, a graph's, cuBLAS's own.
class NoMemory : public std::bad_alloc {
 public:
  explicit NoMemory(std::string text) : text_(std::move(text)) {}
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::string text_;
};

[[noreturn]] void fail(const std::string& text, bool for_memory) {
  if (for_memory) throw NoMemory(text);
  throw std::runtime_error(text);
}

}  // namespace

// Graphs, each but the last followed by sums over the gang.
struct CudaRecording : grid::Recording {
  ~CudaRecording() override {
    for (const Piece& piece : pieces) cudaGraphExecDestroy(piece.graph);
  }

  struct Piece {
    cudaGraphExec_t graph;
    std::vector<grid::GangSum> sums;
  };
  std::vector<Piece> pieces;
};

void check(cudaError_t code, const char* what) {
  if (code == cudaSuccess) return;
  fail(std::string("CUDA: ") + what + ": " + cudaGetErrorString(code), code == cudaErrorMemoryAllocation);
}

void check(cublasStatus_t code, const char* what) {
  if (code == CUBLAS_STATUS_SUCCESS) return;
  fail(std::string("cuBLAS: ") + what + ": " + cublasGetStatusString(code), code == CUBLAS_STATUS_ALLOC_FAILED);
}

CudaRuntime::CudaRuntime(double memory_share) {
  cudaDeviceProp properties{};
  check(cudaGetDeviceProperties(&properties, 0), "reading the GPU's properties");
  name_ = properties.name;
  memory_limit_ = std::size_t(kOwnPart * memory_share * double(properties.totalGlobalMem));
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
  if (gang_) return gang_->synchronize();
  check(cudaStreamSynchronize(stream_), "computing");
}

void CudaRuntime::replay(const grid::Recording& recording) {
  for (const CudaRecording::Piece& piece : static_cast<const CudaRecording&>(recording).pieces) {
    check(cudaGraphLaunch(piece.graph, stream_), "launching a graph");
    if (!piece.sums.empty()) gang_->sum(piece.sums);
  }
}

void CudaRuntime::begin_capture() {
  begin_graph();
  recorded_ = std::make_unique<CudaRecording>();
}

std::unique_ptr<grid::Recording> CudaRuntime::end_capture() {
  std::unique_ptr<CudaRecording> recorded = std::move(recorded_);
  end_graph(*recorded);
  return recorded;
}

// Relaxed: memory is asked for while work is recorded, and autograd records from its own thread.
void CudaRuntime::begin_graph() {
  check(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeRelaxed), "beginning a recording");
}

void CudaRuntime::end_graph(CudaRecording& recording) {
  cudaGraph_t graph = nullptr;
  check(cudaStreamEndCapture(stream_, &graph), "ending a recording");
  cudaGraphExec_t executable = nullptr;
  const cudaError_t made = cudaGraphInstantiate(&executable, graph, 0);
  cudaGraphDestroy(graph);
  check(made, "making a graph");
  recording.pieces.push_back({executable, {}});
}

// A first sum, so that what fails fails here and not in a step.
void CudaRuntime::enter(Gang& gang) {
  gang_ = std::make_unique<NcclGang>(gang, stream_);
  const grid::Scratch<double> number(*this, 1);
  const double one = 1;
  double members = 0;
  upload(number.data(), &one, sizeof one);
  queue_sums(std::vector<grid::GangSum>{std::span(number.data(), 1)});
  download(&members, number.data(), sizeof members);
  synchronize();
  if (members == gang.size()) return;
  throw std::runtime_error("NCCL: a gang of " + std::to_string(gang.size()) + " GPUs added up ones to " +
                           std::to_string(members));
}

void CudaRuntime::queue_sums(std::span<const grid::GangSum> sums) {
  if (!recorded_) return gang_->sum(sums);
  end_graph(*recorded_);
  recorded_->pieces.back().sums.assign(sums.begin(), sums.end());
  begin_graph();
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

// Launches something: for a GPU that this library has no code for, it fails here and not in a step.
extern "C" mer::grid::Runtime* mer_cuda_open(double memory_share) {
  auto runtime = std::make_unique<mer::cuda::CudaRuntime>(memory_share);
  const mer::grid::Scratch<float> number(*runtime, 1);
  runtime->operations_in_float().fill(*runtime, 1, 0, number.data());
  runtime->synchronize();
  return runtime.release();
}

extern "C" int mer_cuda_nccl_version() {
  return mer::cuda::nccl_version();
}
