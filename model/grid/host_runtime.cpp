#include "model/grid/host_runtime.hpp"

#include <cstdlib>
#include <cstring>
#include <utility>

#include "model/grid/operations-inl.hpp"

namespace mer::grid {
namespace {

constexpr std::size_t kAlignment = 512;

}  // namespace

HostRuntime::~HostRuntime() {
  synchronize();
  release_pools();
}

const Operations<float>& HostRuntime::operations_in_float() const {
  static const Operations<float> table = operations_of<HostRuntime, float>();
  return table;
}

const Operations<double>& HostRuntime::operations_in_double() const {
  static const Operations<double> table = operations_of<HostRuntime, double>();
  return table;
}

void* HostRuntime::allocate_pinned(std::size_t bytes) {
  void* const memory = std::malloc(bytes + 1);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void HostRuntime::release_pinned(void* memory) {
  std::free(memory);
}

void HostRuntime::copy(void* to, const void* from, std::size_t bytes) {
  if (bytes == 0) return;
  enqueue([=] { std::memmove(to, from, bytes); });
}

void HostRuntime::clear(void* device, std::size_t bytes) {
  if (bytes == 0) return;
  enqueue([=] { std::memset(device, 0, bytes); });
}

void HostRuntime::synchronize() {
  const std::vector<Work> queue = std::exchange(queue_, {});
  for (const Work& work : queue) work();
}

namespace {

struct HostRecording : Recording {
  explicit HostRecording(std::vector<std::function<void()>> launches) : work(std::move(launches)) {}
  std::vector<std::function<void()>> work;
};

}  // namespace

void HostRuntime::replay(const Recording& recording) {
  const auto& work = static_cast<const HostRecording&>(recording).work;
  queue_.insert(queue_.end(), work.begin(), work.end());
}

void HostRuntime::enqueue(Work work) {
  (recorded_ ? *recorded_ : queue_).push_back(std::move(work));
}

void HostRuntime::begin_capture() {
  recorded_.emplace();
}

std::unique_ptr<Recording> HostRuntime::end_capture() {
  auto recording = std::make_unique<HostRecording>(std::move(*recorded_));
  recorded_.reset();
  return recording;
}

void HostRuntime::queue_sums(std::span<const GangSum> sums) {
  enqueue([gang = gang_, sums = std::vector<GangSum>(sums.begin(), sums.end())] {
    for (const GangSum& sum : sums) std::visit([gang](auto numbers) { gang->sum(numbers); }, sum);
  });
}

// Filled with NaN: what nobody wrote must not be used.
void* HostRuntime::acquire(std::size_t bytes) {
  if (memory_ + bytes > memory_limit_) return nullptr;
  void* const memory = std::aligned_alloc(kAlignment, bytes);
  if (memory == nullptr) return nullptr;
  std::memset(memory, 0xff, bytes);
  memory_ += bytes;
  return memory;
}

void HostRuntime::give_back(void* memory, std::size_t bytes) {
  synchronize();  // queued work may use it
  std::free(memory);
  memory_ -= bytes;
}

template <class T>
void HostRuntime::multiply(const Products<T>& p) {
  enqueue([p] {
    const auto at = [](const Matrices<const T>& m, std::int64_t i, std::int64_t j) {
      return m.transposed ? m.data[j * m.row + i] : m.data[i * m.row + j];
    };
    for (std::int64_t n = 0; n < p.count; ++n) {
      Matrices<const T> a = p.a, b = p.b;
      a.data += n * a.batch;
      b.data += n * b.batch;
      for (std::int64_t i = 0; i < p.rows; ++i) {
        T* const c = p.c.data + n * p.c.batch + i * p.c.row;
        for (std::int64_t j = 0; j < p.columns; ++j) {
          T total = p.accumulate ? c[j] : T(0);
          for (std::int64_t k = 0; k < p.inner; ++k) total += at(a, i, k) * at(b, k, j);
          c[j] = total;
        }
      }
    }
  });
}

}  // namespace mer::grid
