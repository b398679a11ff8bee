#include "model/device/device.hpp"

#include <ATen/ATen.h>
#include <ATen/EmptyTensor.h>
#include <ATen/detail/PrivateUse1HooksInterface.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/view_native.h>
#include <atomic>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <mutex>
#include <torch/library.h>
#include <utility>

#include "core/check.hpp"
#include "model/ops.hpp"

namespace mer::model {
namespace {

constexpr c10::DeviceType kType = c10::DeviceType::PrivateUse1;

std::shared_ptr<grid::Runtime>& attached() {
  static std::shared_ptr<grid::Runtime> runtime;
  return runtime;
}

// --- memory ---

struct Block {
  std::shared_ptr<grid::Runtime> runtime;
  void* memory;
};

void release_block(void* context) {
  const std::unique_ptr<Block> block(static_cast<Block*>(context));
  block->runtime->release(block->memory);
}

void release_pinned(void* context) {
  const std::unique_ptr<Block> block(static_cast<Block*>(context));
  block->runtime->release_pinned(block->memory);
}

class DeviceAllocator : public c10::Allocator {
 public:
  c10::DataPtr allocate(std::size_t bytes) override {
    const std::shared_ptr<grid::Runtime>& runtime = attached();
    try {
      void* const memory = runtime->allocate(bytes);
      return {memory, new Block{runtime, memory}, release_block, device()};
    } catch (const grid::OutOfMemory& error) {
      TORCH_CHECK_WITH(OutOfMemoryError, false, error.what());
    }
  }
  void copy_data(void* to, const void* from, std::size_t bytes) const override { attached()->copy(to, from, bytes); }
};

DeviceAllocator& allocator() {
  static DeviceAllocator instance;
  return instance;
}

// --- what LibTorch asks of a device ---

struct DeviceGuard : c10::impl::DeviceGuardImplInterface {
  c10::DeviceType type() const override { return kType; }
  c10::Device exchangeDevice(c10::Device) const override { return device(); }
  c10::Device getDevice() const override { return device(); }
  void setDevice(c10::Device) const override {}
  void uncheckedSetDevice(c10::Device) const noexcept override {}
  c10::Stream getStream(c10::Device of) const override { return c10::Stream(c10::Stream::DEFAULT, of); }
  c10::Stream getNewStream(c10::Device of, int) const override { return c10::Stream(c10::Stream::DEFAULT, of); }
  c10::Stream exchangeStream(c10::Stream stream) const override { return stream; }
  c10::DeviceIndex deviceCount() const noexcept override { return attached() ? 1 : 0; }
};
C10_REGISTER_GUARD_IMPL(PrivateUse1, DeviceGuard);

struct DeviceHooks : at::PrivateUse1HooksInterface {
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
  void init() const override {}
  c10::DeviceIndex deviceCount() const override { return 1; }
  c10::DeviceIndex getCurrentDevice() const override { return 0; }
};

constexpr c10::DispatchKeySet kKeys(c10::DispatchKey::PrivateUse1);

at::Tensor empty(at::IntArrayRef sizes, std::optional<at::ScalarType> type, std::optional<at::Layout>,
                 std::optional<at::Device>, std::optional<bool>, std::optional<at::MemoryFormat> format) {
  return at::detail::empty_generic(sizes, &allocator(), kKeys, type.value_or(at::kFloat), format);
}

at::Tensor empty_strided(at::IntArrayRef sizes, at::IntArrayRef strides, std::optional<at::ScalarType> type,
                         std::optional<at::Layout>, std::optional<at::Device>, std::optional<bool>) {
  return at::detail::empty_strided_generic(sizes, strides, &allocator(), kKeys, type.value_or(at::kFloat));
}

at::Tensor view(const at::Tensor& self, at::IntArrayRef sizes) {
  return at::native::view(self, sizes);
}

at::Tensor as_strided(const at::Tensor& self, at::IntArrayRef sizes, at::IntArrayRef strides,
                      std::optional<std::int64_t> offset) {
  return at::native::as_strided_tensorimpl(self, sizes, strides, offset);
}

void check_alike(const at::Tensor& a, const at::Tensor& b) {
  TORCH_CHECK(a.is_contiguous() && b.is_contiguous() && a.scalar_type() == b.scalar_type() && a.sizes() == b.sizes(),
              "on the device both operands must be contiguous, of one type and shape");
}

// True: memory of the host takes part, which must stay as it is until the queue is done.
bool queue_copy(const at::Tensor& to, const at::Tensor& from) {
  check_alike(to, from);
  grid::Runtime& runtime = device_runtime();
  if (on_device(to) && on_device(from)) {
    runtime.copy(to.mutable_data_ptr(), from.const_data_ptr(), to.nbytes());
    return false;
  }
  if (on_device(to)) {
    runtime.upload(to.mutable_data_ptr(), from.const_data_ptr(), to.nbytes());
  } else {
    runtime.download(to.mutable_data_ptr(), from.const_data_ptr(), to.nbytes());
  }
  return true;
}

// At once, unlike what steps do.
at::Tensor& copy(at::Tensor& self, const at::Tensor& source, bool) {
  if (queue_copy(self, source)) device_runtime().synchronize();
  return self;
}

at::Tensor& zero(at::Tensor& self) {
  TORCH_CHECK(self.is_contiguous(), "on the device only contiguous tensors can be cleared");
  device_runtime().clear(self.mutable_data_ptr(), self.nbytes());
  return self;
}

at::Tensor& fill(at::Tensor& self, const at::Scalar& value) {
  TORCH_CHECK(self.is_contiguous(), "on the device only contiguous tensors can be filled");
  with_type(self.scalar_type(), [&]<class T>(T) {
    grid::Runtime& runtime = device_runtime();
    grid::operations<T>(runtime).fill(runtime, std::size_t(self.numel()), value.to<T>(), self.mutable_data_ptr<T>());
  });
  return self;
}

// operation: add or multiply of grid::Operations.
template <class Operation>
void combine(const at::Tensor& a, const at::Tensor& b, const at::Tensor& to, const Operation& operation) {
  check_alike(a, b);
  with_type(a.scalar_type(), [&]<class T>(T) {
    grid::Runtime& runtime = device_runtime();
    operation(grid::operations<T>(runtime))(runtime, std::size_t(a.numel()), a.const_data_ptr<T>(),
                                            b.const_data_ptr<T>(), to.mutable_data_ptr<T>());
  });
}

at::Tensor& add_to(at::Tensor& self, const at::Tensor& other, const at::Scalar& alpha) {
  TORCH_CHECK(alpha.toDouble() == 1, "on the device tensors are added as they are");
  combine(self, other, self, [](const auto& table) { return table.add; });
  return self;
}

at::Tensor add(const at::Tensor& self, const at::Tensor& other, const at::Scalar& alpha) {
  TORCH_CHECK(alpha.toDouble() == 1, "on the device tensors are added as they are");
  const at::Tensor to = at::empty_like(self);
  combine(self, other, to, [](const auto& table) { return table.add; });
  return to;
}

at::Tensor multiply_elements(const at::Tensor& self, const at::Tensor& other) {
  const at::Tensor to = at::empty_like(self);
  combine(self, other, to, [](const auto& table) { return table.multiply; });
  return to;
}

}  // namespace

TORCH_LIBRARY_IMPL(aten, PrivateUse1, library) {
  library.impl("empty.memory_format", &empty);
  library.impl("empty_strided", &empty_strided);
  library.impl("view", &view);
  library.impl("as_strided", &as_strided);
  library.impl("copy_", &copy);
  library.impl("zero_", &zero);
  library.impl("fill_.Scalar", &fill);
  library.impl("add.Tensor", &add);
  library.impl("add_.Tensor", &add_to);
  library.impl("mul.Tensor", &multiply_elements);
}

void attach_device(std::shared_ptr<grid::Runtime> runtime) {
  static std::once_flag once;
  std::call_once(once, [] {
    c10::register_privateuse1_backend("gpu");
    c10::SetAllocator(kType, &allocator());
    at::RegisterPrivateUse1HooksInterface(new DeviceHooks);  // LibTorch keeps it for good
  });
  attached() = std::move(runtime);
}

grid::Runtime& device_runtime() {
  MER_CHECK(attached() != nullptr, "no device is attached");
  return *attached();
}

at::Device device() {
  return {kType, 0};
}

void copy_all(const std::vector<at::Tensor>& from, const std::vector<at::Tensor>& to) {
  for (std::size_t i = 0; i < from.size(); ++i) (void)queue_copy(to[i], from[i]);
  device_runtime().synchronize();
}

at::Tensor pinned_tensor(at::IntArrayRef sizes, at::ScalarType type) {
  std::size_t elements = 1;
  for (const std::int64_t size : sizes) elements *= std::size_t(size);
  auto* const block = new Block{attached(), device_runtime().allocate_pinned(elements * c10::elementSize(type))};
  return at::from_blob(
      block->memory, sizes, [block](void*) { release_pinned(block); }, at::TensorOptions(type));
}

}  // namespace mer::model
