// Pools: blocks of a device's memory, kept for the next one who asks; asking the device is slow, and not allowed while
// work is recorded.
//
// Two pools: one for what lives between steps, one for recorded work, whose addresses are fixed once recorded. Blocks
// go back to the pool that they came from. Threads: any. Errors: OutOfMemory when the device has no more, after the
// first pool's unused blocks were given back to it.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <new>
#include <string>
#include <unordered_map>
#include <vector>

namespace mer::grid {

class OutOfMemory : public std::bad_alloc {
 public:
  OutOfMemory(std::size_t wanted, std::size_t held);
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::string text_;
};

class Pools {
 public:
  using Acquire = std::function<void*(std::size_t)>;  // nullptr: there is no more
  using GiveBack = std::function<void(void*, std::size_t)>;

  Pools(Acquire acquire, GiveBack give_back) : acquire_(std::move(acquire)), give_back_(std::move(give_back)) {}

  void* allocate(std::size_t bytes);  // aligned to 512 bytes if the device's memory is
  void release(void* block);          // nullptr: nothing happens
  void use_for_recording(bool recording);
  std::size_t reserved_bytes() const;
  void give_back_unused();  // of both pools; REQUIRES: no recording is kept
  void clear();             // gives everything back; REQUIRES: nobody uses a block any more

 private:
  struct Block {
    std::size_t bytes = 0;
    int pool = 0;
  };

  void* take_free(std::size_t bytes);
  void give_back_unused(int pool);

  Acquire acquire_;
  GiveBack give_back_;
  mutable std::mutex mutex_;
  int pool_ = 0;
  std::multimap<std::size_t, void*> free_[2];  // by size
  std::unordered_map<void*, Block> blocks_;
  std::size_t reserved_ = 0;
};

}  // namespace mer::grid
