#include "Support.h"

#ifdef LETHE_HAS_TORCH
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <cstring>

namespace lethe {

void register_tensors(LTTable &table) {
  table.tensor_from_memory = [](const void *bytes, const int64_t *shape, int64_t rank, int32_t type,
                                const char *device, LTTensor **out) {
    return guarded([&] {
      at::IntArrayRef sizes(shape, static_cast<size_t>(rank));
      at::Tensor tensor = at::empty(sizes, at::TensorOptions().dtype(scalar_type(type)));
      if (tensor.nbytes() > 0) std::memcpy(tensor.data_ptr(), bytes, tensor.nbytes());
      c10::Device target{std::string(device)};
      *out = hand_out(target.is_cpu() ? tensor : tensor.to(target));
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
