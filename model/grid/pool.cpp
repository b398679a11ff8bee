#include "model/grid/pool.hpp"

#include <algorithm>

namespace mer::grid {
namespace {

constexpr std::size_t kUnit = 512;

// A block may be larger than what is asked for by this factor.
constexpr std::size_t kLargestWaste = 2;

std::size_t rounded(std::size_t bytes) {
  return std::max(kUnit, (bytes + kUnit - 1) / kUnit * kUnit);
}

}  // namespace

OutOfMemory::OutOfMemory(std::size_t wanted, std::size_t held)
    : text_("out of device memory: " + std::to_string(wanted) + " bytes were asked for, " + std::to_string(held) +
            " are held; train fewer trials at once (resources.stack) or give each worker more of the GPU "
            "(resources.gpu_fraction)") {}

void* Pools::allocate(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  const std::size_t wanted = rounded(bytes);
  if (void* const block = take_free(wanted)) return block;
  void* block = acquire_(wanted);
  if (block == nullptr) {
    give_back_unused(0);  // recorded work still uses the other pool's
    block = acquire_(wanted);
  }
  if (block == nullptr) throw OutOfMemory(wanted, reserved_);
  blocks_[block] = {wanted, pool_};
  reserved_ += wanted;
  return block;
}

void* Pools::take_free(std::size_t bytes) {
  auto& free = free_[pool_];
  const auto found = free.lower_bound(bytes);
  if (found == free.end() || found->first > bytes * kLargestWaste) return nullptr;
  void* const block = found->second;
  free.erase(found);
  return block;
}

void Pools::release(void* block) {
  if (block == nullptr) return;
  const std::lock_guard lock(mutex_);
  const auto found = blocks_.find(block);
  if (found == blocks_.end()) return;  // given back by clear() already
  free_[found->second.pool].emplace(found->second.bytes, block);
}

void Pools::use_for_recording(bool recording) {
  const std::lock_guard lock(mutex_);
  pool_ = recording ? 1 : 0;
}

std::size_t Pools::reserved_bytes() const {
  const std::lock_guard lock(mutex_);
  return reserved_;
}

void Pools::give_back_unused() {
  const std::lock_guard lock(mutex_);
  give_back_unused(0);
  give_back_unused(1);
}

void Pools::give_back_unused(int pool) {
  for (const auto& [bytes, block] : free_[pool]) {
    give_back_(block, bytes);
    reserved_ -= bytes;
    blocks_.erase(block);
  }
  free_[pool].clear();
}

void Pools::clear() {
  const std::lock_guard lock(mutex_);
  for (const auto& [block, entry] : blocks_) give_back_(block, entry.bytes);
  blocks_.clear();
  free_[0].clear();
  free_[1].clear();
  reserved_ = 0;
}

}  // namespace mer::grid
