#include "TestDevice.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/library.h>

#include <set>
#include <utility>
#include <vector>

namespace test_device {
namespace {

using Stack = torch::jit::Stack;

/// Operators whose results' sizes, or whether they worked, the host has to know before it goes on.
bool waits(const std::string &name) {
  static const std::set<std::string> known{
      "aten::nonzero", "aten::equal", "aten::masked_select", "aten::_unique2", "aten::unique_dim",
      "aten::unique_consecutive", "aten::bincount", "aten::repeat_interleave", "aten::histc", "aten::_linalg_svd",
      "aten::linalg_qr", "aten::_linalg_eigh", "aten::_linalg_solve_ex", "aten::linalg_cholesky_ex", "aten::linalg_lu_factor_ex",
      "aten::linalg_lstsq"};
  return known.count(name) > 0;
}

/// One call: what a GPU takes goes through as the same memory on the CPU, what it refuses is refused.
class Call {
 public:
  Call(const c10::OperatorHandle &op, Stack &stack)
      : op_(op), stack_(stack), first_(stack.size() - op.schema().arguments().size()) {}

  void run() {
    count_call(op_.schema().name());
    if (waits(op_.schema().name())) count_wait();
    const auto &arguments = op_.schema().arguments();
    for (size_t i = 0; i < arguments.size(); ++i) enter(stack_[first_ + i], arguments[i]);
    op_.redispatchBoxed(c10::DispatchKeySet(c10::DispatchKey::CPU), &stack_);
    for (auto &[own, seen] : seen_) adopt_size(own, seen);
    for (size_t i = stack_.size() - op_.schema().returns().size(); i < stack_.size(); ++i) leave(stack_[i]);
  }

 private:
  /// A tensor without axes may be on the CPU, as may what indexes.
  at::Tensor entered(const at::Tensor &tensor, const c10::Argument &argument, bool may_be_number) {
    if (!tensor.defined()) return tensor;
    TORCH_CHECK(is_here(tensor) || (may_be_number && tensor.dim() == 0) || is_index(),
                "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and ",
                tensor.device(), "! (argument ", argument.name(), " of ", op_.schema().name(), ", ", tensor.sizes(), ")");
    for (auto &[own, seen] : seen_) {
      if (own.is_same(tensor)) return seen;
    }
    seen_.emplace_back(tensor, on_host(tensor));
    return seen_.back().second;
  }

  bool is_index() const {
    const std::string &name = op_.schema().name();
    return name == "aten::index" || name == "aten::index_put_" || name == "aten::_index_put_impl_";
  }

  void enter(c10::IValue &value, const c10::Argument &argument) {
    if (value.isTensor()) {
      value = entered(value.toTensor(), argument, true);
    } else if (value.isTensorList()) {
      c10::List<at::Tensor> list;
      for (const at::Tensor &tensor : value.toTensorVector()) list.push_back(entered(tensor, argument, false));
      value = list;
    } else if (value.isOptionalTensorList()) {
      c10::List<std::optional<at::Tensor>> list;
      for (const std::optional<at::Tensor> &tensor : value.toOptionalTensorVector())
        list.push_back(tensor ? std::optional<at::Tensor>(entered(*tensor, argument, true)) : std::nullopt);
      value = list;
    } else if (value.isDevice()) {
      if (value.toDevice().is_cuda()) value = c10::Device(at::kCPU);
    } else if (value.isGenerator()) {
      value = drawing(value.toGenerator());
    } else if (value.isNone() && argument.type()->str() == "Generator?") {
      value = drawing(default_generator());
    }
  }

  /// Of a result that was given in, and that the kernel gave a size.
  static void adopt_size(const at::Tensor &own, const at::Tensor &seen) {
    if (!is_here(own) || (own.sizes() == seen.sizes() && own.strides() == seen.strides())) return;
    at::Tensor moved = on_device(seen);
    auto *implementation = own.unsafeGetTensorImpl();
    implementation->set_storage_keep_dtype(moved.storage());
    implementation->set_storage_offset(0);
    implementation->set_sizes_and_strides(seen.sizes(), seen.strides());
  }

  at::Tensor left(const at::Tensor &tensor) const {
    for (auto &[own, seen] : seen_) {
      if (tensor.defined() && seen.is_same(tensor)) return own;
    }
    return on_device(tensor);
  }

  void leave(c10::IValue &value) const {
    if (value.isTensor()) {
      value = left(value.toTensor());
    } else if (value.isTensorList()) {
      c10::List<at::Tensor> list;
      for (const at::Tensor &tensor : value.toTensorVector()) list.push_back(left(tensor));
      value = list;
    }
  }

  const c10::OperatorHandle &op_;
  Stack &stack_;
  const size_t first_;
  /// What was given, and as the CPU sees it.
  std::vector<std::pair<at::Tensor, at::Tensor>> seen_;
};

void run_on_host(const c10::OperatorHandle &op, Stack *stack) { Call(op, *stack).run(); }

}  // namespace
}  // namespace test_device

TORCH_LIBRARY_IMPL(_, CUDA, library) {
  library.fallback(torch::CppFunction::makeFromBoxedFunction<&test_device::run_on_host>());
}
