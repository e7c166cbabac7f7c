#include "Support.h"

#ifdef LETHE_HAS_TORCH
#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include <vector>

namespace lethe {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Some calls that someone else makes, and the precision that they were first made in.
class Computation final : public torch::CustomClassHolder {
 public:
  Computation(const LTComputation &calls, c10::DeviceType device)
      : calls_(calls), device_(device), is_mixed_(at::autocast::is_autocast_enabled(device)),
        type_(at::autocast::get_autocast_dtype(device)) {}
  ~Computation() override { calls_.release(calls_.context); }

  variable_list first(const at::TensorList &inputs) const {
    variable_list outputs = run(inputs, false);
    // A weight that was cast here is one without a gradient, which others must not find.
    if (is_mixed_) at::autocast::clear_cache();
    return outputs;
  }

  variable_list again(const variable_list &inputs) const {
    at::AutoGradMode records(true);
    bool was_mixed = at::autocast::is_autocast_enabled(device_);
    at::ScalarType type_before = at::autocast::get_autocast_dtype(device_);
    auto set = [&](bool is_mixed, at::ScalarType type) {
      at::autocast::set_autocast_enabled(device_, is_mixed);
      at::autocast::set_autocast_dtype(device_, type);
      at::autocast::clear_cache();
    };
    bool differs = was_mixed != is_mixed_ || type_before != type_;
    if (differs) set(is_mixed_, type_);
    try {
      variable_list outputs = run(inputs, true);
      if (differs) set(was_mixed, type_before);
      return outputs;
    } catch (...) {
      if (differs) set(was_mixed, type_before);
      throw;
    }
  }

 private:
  variable_list run(const at::TensorList &inputs, bool is_again) const {
    std::vector<LTTensor *> handles;
    for (const at::Tensor &input : inputs) handles.push_back(hand_out(input));
    variable_list outputs;
    auto give = [](void *sink, LTTensor *output) { static_cast<variable_list *>(sink)->push_back(borrow(output)); };
    int32_t status = calls_.run(calls_.context, is_again, handles.data(), static_cast<int64_t>(handles.size()), &outputs,
                                give);
    TORCH_CHECK_WITH(OutOfMemoryError, status != LT_OUT_OF_MEMORY, last_error());
    TORCH_CHECK(status == 0, last_error());
    return outputs;
  }

  LTComputation calls_;
  c10::DeviceType device_;
  bool is_mixed_;
  at::ScalarType type_;
};

/// Calls of which nothing but the inputs is kept. On the way back they are made again, with gradients, and what they
/// recorded is gone through at once.
class Checkpointed : public torch::autograd::Function<Checkpointed> {
 public:
  static variable_list forward(AutogradContext *context, at::TensorList inputs,
                               const c10::intrusive_ptr<Computation> &calls) {
    variable_list outputs = calls->first(inputs);
    context->save_for_backward(inputs.vec());
    context->saved_data["calls"] = c10::IValue::make_capsule(calls);
    context->set_materialize_grads(false);
    return outputs;
  }

  static variable_list backward(AutogradContext *context, variable_list slopes) {
    auto capsule = context->saved_data["calls"].toCapsule();
    auto calls = c10::static_intrusive_pointer_cast<Computation>(capsule);
    variable_list inputs, wanted;
    std::vector<size_t> places;
    for (const at::Tensor &saved : context->get_saved_variables()) {
      at::Tensor own = saved.detach();
      size_t place = inputs.size();
      if (context->needs_input_grad(place)) {
        own.set_requires_grad(true);
        wanted.push_back(own);
        places.push_back(place);
      }
      inputs.push_back(own);
    }
    // One more for the calls themselves, which have none.
    variable_list gradients(inputs.size() + 1);
    variable_list outputs = calls->again(inputs);
    TORCH_CHECK(outputs.size() == slopes.size(), "computed again, ", slopes.size(), " results became ", outputs.size());
    variable_list roots, root_slopes;
    for (size_t i = 0; i < outputs.size(); ++i) {
      if (!slopes[i].defined() || !outputs[i].requires_grad()) continue;
      roots.push_back(outputs[i]);
      root_slopes.push_back(slopes[i]);
    }
    if (roots.empty() || wanted.empty()) return gradients;
    auto found = torch::autograd::grad(roots, wanted, root_slopes, std::nullopt, false, true);
    for (size_t i = 0; i < places.size(); ++i) gradients[places[i]] = found[i];
    return gradients;
  }
};

}  // namespace

void register_checkpointing(LTTable &table) {
  table.checkpointed = [](LTTensor *const *inputs, int64_t count, const LTComputation *calls, void *sink,
                          void (*give)(void *sink, LTTensor *output)) {
    return guarded([&] {
      variable_list tensors;
      for (int64_t i = 0; i < count; ++i) tensors.push_back(borrow(inputs[i]));
      c10::DeviceType device = tensors.empty() ? c10::DeviceType::CPU : tensors[0].device().type();
      auto computation = c10::make_intrusive<Computation>(*calls, device);
      for (const at::Tensor &output : Checkpointed::apply(at::TensorList(tensors), computation)) {
        LTTensor *handle = hand_out(output);
        give(sink, handle);
      }
    });
  };
}

}  // namespace lethe
#endif
