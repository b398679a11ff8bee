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

void Runtime::rehearse(bool on) {
  pools_->use_for_recording(on);
  rehearses_ = on;
}

void Runtime::join(Gang& gang) {
  MER_CHECK(!in_gang_, "a runtime joins one gang");
  enter(gang);
  in_gang_ = true;
}

void Runtime::sum_over_gang(std::span<const GangSum> sums) {
  MER_CHECK(in_gang_, "sums are added up over a gang");
  if (!rehearses_) queue_sums(sums);
}

}  // namespace mer::grid
