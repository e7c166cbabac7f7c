#include "TestDevice.h"

#include <ATen/EmptyTensor.h>
#include <ATen/native/Resize.h>
#include <ATen/ops/_local_scalar_dense.h>
#include <ATen/ops/_reshape_alias_native.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/convolution.h>
#include <ATen/ops/convolution_backward.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/unfold_native.h>
#include <ATen/ops/view_native.h>
#include <torch/library.h>

// What cannot go through as the same call on the CPU: memory, views of it, and what libtorch divides by device above.
namespace test_device {
namespace {

at::Tensor empty(at::IntArrayRef size, std::optional<at::ScalarType> type, std::optional<at::Layout>,
                 std::optional<at::Device>, std::optional<bool>, std::optional<at::MemoryFormat> format) {
  return at::detail::empty_generic(size, memory(), c10::DispatchKeySet(c10::DispatchKey::CUDA),
                                   c10::dtype_or_default(type), format);
}

at::Tensor empty_strided(at::IntArrayRef size, at::IntArrayRef stride, std::optional<at::ScalarType> type,
                         std::optional<at::Layout>, std::optional<at::Device>, std::optional<bool>) {
  return at::detail::empty_strided_generic(size, stride, memory(), c10::DispatchKeySet(c10::DispatchKey::CUDA),
                                           c10::dtype_or_default(type));
}

at::Tensor &copy(at::Tensor &self, const at::Tensor &source, bool is_asynchronous) {
  count_copy(source, self, is_asynchronous);
  at::Tensor target = on_host(self);
  target.copy_(on_host(source));
  return self;
}

at::Tensor copy_from(const at::Tensor &source, const at::Tensor &target, bool is_asynchronous) {
  at::Tensor own = target;
  return copy(own, source, is_asynchronous);
}

at::Scalar local_scalar(const at::Tensor &self) {
  count_wait();
  return at::_local_scalar_dense(on_host(self));
}

const at::Tensor &resize(const at::Tensor &self, at::IntArrayRef size, std::optional<at::MemoryFormat> format) {
  at::native::resize_impl_cpu_(self.unsafeGetTensorImpl(), size, std::nullopt);
  if (format) self.unsafeGetTensorImpl()->empty_tensor_restride(*format);
  return self;
}

at::Tensor &set_view(at::Tensor &self, at::Storage source, int64_t offset, at::IntArrayRef size, at::IntArrayRef stride) {
  auto *implementation = self.unsafeGetTensorImpl();
  implementation->set_storage_keep_dtype(std::move(source));
  implementation->set_storage_offset(offset);
  implementation->set_sizes_and_strides(size, stride);
  return self;
}

at::Tensor &set_storage(at::Tensor &self, at::Storage source) {
  auto count = static_cast<int64_t>(source.nbytes() / self.dtype().itemsize());
  return set_view(self, std::move(source), 0, {count}, {1});
}

at::Tensor &set_tensor(at::Tensor &self, const at::Tensor &source) {
  return set_view(self, source.storage(), source.storage_offset(), source.sizes(), source.strides());
}

void check_together(std::initializer_list<at::Tensor> tensors) {
  for (const at::Tensor &tensor : tensors) {
    TORCH_CHECK(!tensor.defined() || is_here(tensor), "a convolution of tensors on ", here(), " and ", tensor.device());
  }
}

at::Tensor convolution(const at::Tensor &input, const at::Tensor &weight, const std::optional<at::Tensor> &bias,
                       at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation, bool is_transposed,
                       at::IntArrayRef output_padding, int64_t groups) {
  count_call("aten::convolution");
  at::Tensor shift = bias.value_or(at::Tensor());
  check_together({input, weight, shift});
  return on_device(at::convolution(on_host(input), on_host(weight), on_host(shift), stride, padding, dilation,
                                   is_transposed, output_padding, groups));
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> convolution_backward(
    const at::Tensor &gradient, const at::Tensor &input, const at::Tensor &weight, at::OptionalIntArrayRef bias_sizes,
    at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation, bool is_transposed,
    at::IntArrayRef output_padding, int64_t groups, std::array<bool, 3> wanted) {
  count_call("aten::convolution_backward");
  check_together({gradient, input, weight});
  auto [of_input, of_weight, of_bias] =
      at::convolution_backward(on_host(gradient), on_host(input), on_host(weight), bias_sizes, stride, padding, dilation,
                               is_transposed, output_padding, groups, wanted);
  return {on_device(of_input), on_device(of_weight), on_device(of_bias)};
}

/// The CPU's takes no generator, so it would draw from the CPU's.
std::tuple<at::Tensor, at::Tensor> native_dropout(const at::Tensor &input, double probability, std::optional<bool> train) {
  count_call("aten::native_dropout");
  at::Tensor values = on_host(input);
  at::Tensor mask = at::empty_like(values, values.options().dtype(at::kBool));
  double kept = train.value_or(true) ? 1 - probability : 1;
  mask.bernoulli_(kept, drawing(default_generator()));
  return {on_device(kept == 0 ? values.mul(mask) : values.mul(mask).mul_(1 / kept)), on_device(mask)};
}

}  // namespace
}  // namespace test_device

TORCH_LIBRARY_IMPL(aten, CUDA, library) {
  using namespace test_device;
  library.impl("empty.memory_format", empty);
  library.impl("empty_strided", empty_strided);
  library.impl("copy_", copy);
  library.impl("_copy_from", copy_from);
  library.impl("_local_scalar_dense", local_scalar);
  library.impl("resize_", resize);
  library.impl("set_.source_Storage", set_storage);
  library.impl("set_.source_Storage_storage_offset", set_view);
  library.impl("set_.source_Tensor", set_tensor);
  library.impl("as_strided", at::native::as_strided_tensorimpl);
  library.impl("view", at::native::view);
  library.impl("_reshape_alias", at::native::_reshape_alias);
  library.impl("unfold", at::native::unfold);
  library.impl("convolution", convolution);
  library.impl("convolution_backward", convolution_backward);
  library.impl("native_dropout", native_dropout);
}
