#include "model/cuda/nccl_gang.hpp"

#include <chrono>
#include <cstring>
#include <nccl.h>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>

#include "model/cuda/cuda_runtime.hpp"
#include "model/grid/gang_key.hpp"

namespace mer::cuda {
namespace {

using Clock = std::chrono::steady_clock;

// How often NCCL is asked for errors while a step runs, and from when on the wait leaves the core to others.
constexpr std::chrono::milliseconds kAskEvery{100}, kSpin{2};

void check(ncclResult_t code, const char* what, ncclComm* comm = nullptr) {
  if (code == ncclSuccess) return;
  std::string text = std::string("NCCL: ") + what + ": " + ncclGetErrorString(code);
  const char* const last = ncclGetLastError(comm);
  if (last != nullptr && *last != '\0') text += std::string(" (") + last + ")";
  throw std::runtime_error(text + "; NCCL_DEBUG=WARN in the trainer's environment makes it say more");
}

std::string make_key() {
  ncclUniqueId id;
  check(ncclGetUniqueId(&id), "making a key");
  return {id.internal, sizeof id.internal};
}

ncclUniqueId id_of(const std::string& key) {
  ncclUniqueId id{};
  if (key.size() != sizeof id.internal) throw std::runtime_error("NCCL: the gang's key has an unknown length");
  std::memcpy(id.internal, key.data(), key.size());
  return id;
}

}  // namespace

int nccl_version() {
  int version = 0;
  check(ncclGetVersion(&version), "asking for its version");
  return version;
}

NcclGang::NcclGang(Gang& gang, cudaStream_t stream) : stream_(stream) {
  const ncclUniqueId id = id_of(grid::agree_on_key(gang, nccl_version(), make_key));
  check(ncclCommInitRank(&comm_, gang.size(), id, gang.rank()), "connecting the GPUs of a gang, one for each member");
}

// In a group, so that all of them are one piece of work.
void NcclGang::sum(std::span<const grid::GangSum> sums) {
  check(ncclGroupStart(), "beginning sums", comm_);
  ncclResult_t queued = ncclSuccess;
  for (const grid::GangSum& sum : sums) {
    std::visit(
        [&]<class T>(std::span<T> numbers) {
          const ncclDataType_t type = std::is_same_v<T, double> ? ncclFloat64 : ncclFloat32;
          const ncclResult_t code =
              ncclAllReduce(numbers.data(), numbers.data(), numbers.size(), type, ncclSum, comm_, stream_);
          if (queued == ncclSuccess) queued = code;
        },
        sum);
  }
  const ncclResult_t ended = ncclGroupEnd();
  check(queued, "queueing a sum", comm_);
  check(ended, "queueing sums", comm_);
}

void NcclGang::synchronize() {
  const auto begin = Clock::now();
  auto ask_at = begin + kAskEvery;
  while (true) {
    const cudaError_t code = cudaStreamQuery(stream_);
    if (code == cudaSuccess) return;
    if (code != cudaErrorNotReady) cuda::check(code, "computing");
    const auto now = Clock::now();
    if (now - begin > kSpin) std::this_thread::sleep_for(std::chrono::microseconds(50));
    if (now < ask_at) continue;
    ask_at = now + kAskEvery;
    ncclResult_t state = ncclSuccess;
    check(ncclCommGetAsyncError(comm_, &state), "asking for errors", comm_);
    if (state == ncclSuccess || state == ncclInProgress) continue;
    const std::string text = ncclGetLastError(comm_);
    ncclCommAbort(comm_);  // else the stream would wait for good
    throw std::runtime_error(std::string("NCCL: adding up over a gang: ") + ncclGetErrorString(state) +
                             (text.empty() ? "" : " (" + text + ")"));
  }
}

}  // namespace mer::cuda
