#include "TestDevice.h"

#include <ATen/EmptyTensor.h>
#include <ATen/ops/empty_strided.h>
#include <ATen/ops/from_blob.h>

namespace test_device {

at::Tensor on_host(const at::Tensor &tensor) {
  if (!is_here(tensor)) return tensor;
  auto options = tensor.options().device(at::kCPU);
  // A result that a kernel is going to size has no memory yet.
  if (tensor.numel() == 0) return at::empty_strided(tensor.sizes(), tensor.strides(), options);
  auto keep = [tensor](void *) {};
  return at::from_blob(tensor.data_ptr(), tensor.sizes(), tensor.strides(), keep, options);
}

at::Tensor on_device(const at::Tensor &tensor) {
  if (!tensor.defined() || is_here(tensor)) return tensor;
  struct Adopted {
    at::Tensor tensor;
    size_t byte_count;
    ~Adopted() { give_back(byte_count); }
  };
  auto byte_count = at::detail::computeStorageNbytes(tensor.sizes(), tensor.strides(), tensor.element_size());
  take(byte_count);
  auto *adopted = new Adopted{tensor, byte_count};
  c10::DataPtr data{tensor.data_ptr(), adopted, [](void *held) { delete static_cast<Adopted *>(held); }, here()};
  c10::Storage storage(c10::Storage::use_byte_size_t(), byte_count, std::move(data), memory(), true);
  auto result = at::detail::make_tensor<c10::TensorImpl>(
      std::move(storage), c10::DispatchKeySet(c10::DispatchKey::CUDA), tensor.dtype());
  result.unsafeGetTensorImpl()->set_sizes_and_strides(tensor.sizes(), tensor.strides());
  return result;
}

}  // namespace test_device
