#include "worker/trainer/process_gang.hpp"

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>

namespace mer::trainer {

ProcessGang::ProcessGang(int rank, int size, SharedMemory memory, std::function<void(const GangSum&)> ask,
                         Requests& requests)
    : rank_(rank), size_(size), memory_(std::move(memory)), ask_(std::move(ask)), requests_(requests) {}

template <class T>
void ProcessGang::sum_of(std::span<T> values) {
  const std::span<std::byte> memory = memory_.bytes();
  while (!values.empty()) {
    const std::span<T> part = values.first(std::min(values.size(), memory.size() / sizeof(T)));
    std::memcpy(memory.data(), part.data(), part.size_bytes());
    ask_({0, std::is_same_v<T, double>, std::int64_t(part.size()), {}});
    requests_.wait_for_sum();
    std::memcpy(part.data(), memory.data(), part.size_bytes());
    values = values.subspan(part.size());
  }
}

}  // namespace mer::trainer
