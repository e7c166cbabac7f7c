#include "Support.h"

#ifdef LETHE_HAS_TORCH
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <c10/util/accumulate.h>

#include <cstring>

namespace lethe {
namespace {

/// Bytes that go up from memory which the device reads by itself. Such memory is kept for the next tensor, so not what
/// takes much of it.
constexpr size_t most_pinned = size_t{256} << 20;

at::Tensor on(const c10::Device &target, at::Tensor tensor) {
  if (target.is_cpu()) return tensor;
  return tensor.is_pinned() ? tensor.to(target, tensor.scalar_type(), /*non_blocking=*/true) : tensor.to(target);
}

/// Memory of the host for what goes to a device.
at::Tensor staging(at::IntArrayRef sizes, at::ScalarType type, const c10::Device &target) {
  size_t byte_count = c10::multiply_integers(sizes) * c10::elementSize(type);
  bool is_pinned = !target.is_cpu() && byte_count > 0 && byte_count <= most_pinned;
  return at::empty(sizes, at::TensorOptions().dtype(type).pinned_memory(is_pinned));
}

}  // namespace

void register_tensors(LTTable &table) {
  table.tensor_from_memory = [](const void *bytes, const int64_t *shape, int64_t rank, int32_t type,
                                const char *device, LTTensor **out) {
    return guarded([&] {
      at::IntArrayRef sizes(shape, static_cast<size_t>(rank));
      c10::Device target{std::string(device)};
      at::Tensor tensor = staging(sizes, scalar_type(type), target);
      if (tensor.nbytes() > 0) std::memcpy(tensor.data_ptr(), bytes, tensor.nbytes());
      *out = hand_out(on(target, std::move(tensor)));
    });
  };
  table.tensor_upload = [](LTTensor *tensor, const char *device, LTTensor **out) {
    return guarded([&] {
      c10::Device target{std::string(device)};
      at::Tensor source = borrow(tensor);
      TORCH_CHECK(source.is_cpu(), "expected a tensor on the CPU, found one on ", source.device());
      if (!target.is_cpu()) source = staging(source.sizes(), source.scalar_type(), target).copy_(source);
      *out = hand_out(on(target, source));
    });
  };
  table.tensor_release = [](LTTensor *tensor) {
    live_handles().fetch_sub(1, std::memory_order_relaxed);
    c10::raw::intrusive_ptr::decref(reinterpret_cast<c10::TensorImpl *>(tensor));
  };
  table.tensor_rank = [](LTTensor *tensor) { return borrow(tensor).dim(); };
  table.tensor_shape = [](LTTensor *tensor, int64_t *shape) {
    at::Tensor borrowed = borrow(tensor);
    std::copy(borrowed.sizes().begin(), borrowed.sizes().end(), shape);
  };
  table.tensor_count = [](LTTensor *tensor) { return borrow(tensor).numel(); };
  table.tensor_type = [](LTTensor *tensor) { return type_number(borrow(tensor).scalar_type()); };
  table.tensor_device = [](LTTensor *tensor, char *name, int64_t capacity) {
    return guarded([&] {
      std::string device = borrow(tensor).device().str();
      TORCH_CHECK(static_cast<int64_t>(device.size()) < capacity, "device name too long");
      std::memcpy(name, device.c_str(), device.size() + 1);
    });
  };
  table.tensor_copy_bytes = [](LTTensor *tensor, void *bytes, int64_t byte_count) {
    return guarded([&] {
      at::Tensor host = borrow(tensor).detach().cpu().contiguous();
      TORCH_CHECK(static_cast<int64_t>(host.nbytes()) == byte_count, "expected room for ", host.nbytes(), " bytes");
      if (byte_count > 0) std::memcpy(bytes, host.data_ptr(), static_cast<size_t>(byte_count));
    });
  };
}

}  // namespace lethe
#endif
