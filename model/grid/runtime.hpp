// Runtime: a device as the grid's computations see it: memory, one queue of work, and recordings of work.
//
// Everything but synchronize() only queues work, in order. Real: model/cuda. Stand-in: HostRuntime, whose queue runs on
// the host at synchronize(). Threads: calls are never made by two threads at once. Errors: OutOfMemory where memory is
// asked for; std::runtime_error, with what the device said, for everything else. In a gang an error of one member
// leaves the others waiting for it, where the device does not notice: their processes must be ended.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <type_traits>
#include <variant>

#include "core/check.hpp"
#include "core/gang.hpp"
#include "model/grid/pool.hpp"

namespace mer::grid {

template <class T>
struct Operations;

// Work that was recorded once and can be queued again as one piece.
class Recording {
 public:
  virtual ~Recording() = default;
};

// Numbers in device memory that become their sums over the members of a gang.
using GangSum = std::variant<std::span<float>, std::span<double>>;

class Runtime {
 public:
  Runtime();
  virtual ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  virtual std::string name() const = 0;          // the GPU's
  virtual std::size_t memory_limit() const = 0;  // bytes of the device that may be taken
  virtual const Operations<float>& operations_in_float() const = 0;
  virtual const Operations<double>& operations_in_double() const = 0;

  // --- memory of the device: blocks of pools, given back in the order of the queue ---
  void* allocate(std::size_t bytes) { return pools_->allocate(bytes); }
  void release(void* block) { pools_->release(block); }
  void give_back_unused() { pools_->give_back_unused(); }  // REQUIRES: no recording is kept, no work is queued
  std::size_t reserved_bytes() const { return pools_->reserved_bytes(); }

  // --- memory of the host that copies reach without staging ---
  virtual void* allocate_pinned(std::size_t bytes) = 0;
  virtual void release_pinned(void* memory) = 0;

  // --- queued work; memory of the host must stay as it is until synchronize() ---
  virtual void upload(void* device, const void* host, std::size_t bytes) = 0;
  virtual void download(void* host, const void* device, std::size_t bytes) = 0;
  virtual void copy(void* to, const void* from, std::size_t bytes) = 0;
  virtual void clear(void* device, std::size_t bytes) = 0;
  virtual void synchronize() = 0;

  // Between these two, work is recorded instead of queued, and memory comes from a pool that recordings share: what a
  // recording leaves there lasts until the next replay of any. REQUIRES: no upload or download between them.
  void begin_recording();
  std::unique_ptr<Recording> end_recording();
  virtual void replay(const Recording& recording) = 0;
  // Between true and false, work is queued as ever, but with the memory that recordings share.
  void rehearse(bool on);

  // --- gangs: a stack that is trained by several runtimes, one in each member of `gang` (core/gang.hpp) ---
  // From now on sums are added up over these members. All of them join, once, before they record anything; one that has
  // nothing more to do waits for the others (in a sum of `gang`) before its process ends. `gang` outlives the sums.
  void join(Gang& gang);
  bool in_gang() const { return in_gang_; }
  // Queues or records that these numbers become sums. The members queue the same sequence of sums, of as many numbers,
  // in steps of any shape; a rehearsal takes no part in them. REQUIRES: in_gang().
  void sum_over_gang(std::span<const GangSum> sums);

 protected:
  virtual void enter(Gang& gang) = 0;  // join()
  virtual void queue_sums(std::span<const GangSum> sums) = 0;
  virtual void* acquire(std::size_t bytes) = 0;  // nullptr: there is no more
  virtual void give_back(void* memory, std::size_t bytes) = 0;
  virtual void begin_capture() = 0;
  virtual std::unique_ptr<Recording> end_capture() = 0;

  void release_pools() { pools_->clear(); }  // while give_back() can still be called

 private:
  std::unique_ptr<Pools> pools_;
  bool rehearses_ = false;
  bool in_gang_ = false;
};

// What a launch may hold is what can be copied to a device, and it counts with 32 bits.
template <class Function>
void check_launch(std::size_t count) {
  static_assert(std::is_trivially_copyable_v<Function>);
  MER_CHECK(count <= std::numeric_limits<std::uint32_t>::max(), "a launch of more threads than a counter holds");
}

template <class T>
const Operations<T>& operations(const Runtime& runtime) {
  if constexpr (std::is_same_v<T, double>) {
    return runtime.operations_in_double();
  } else {
    return runtime.operations_in_float();
  }
}

// Memory of the device for the length of a scope; the queue keeps its order, so work may still be queued on it.
template <class T>
class Scratch {
 public:
  Scratch(Runtime& runtime, std::size_t count)
      : runtime_(runtime), data_(static_cast<T*>(runtime.allocate(count * sizeof(T)))) {}
  ~Scratch() { runtime_.release(data_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  T* data() const { return data_; }

 private:
  Runtime& runtime_;
  T* data_;
};

}  // namespace mer::grid
