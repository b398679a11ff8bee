#include "model/grid/runtime.hpp"

namespace mer::grid {

Runtime::Runtime()
    : pools_(std::make_unique<Pools>([this](std::size_t bytes) { return acquire(bytes); },
                                     [this](void* memory, std::size_t bytes) { give_back(memory, bytes); })) {}
Runtime::~Runtime() = default;

void Runtime::begin_recording() {
  pools_->use_for_recording(true);
  begin_capture();
}

std::unique_ptr<Recording> Runtime::end_recording() {
  pools_->use_for_recording(false);
  return end_capture();
}

}  // namespace mer::grid
