#include "Support.h"

#ifdef LETHE_HAS_TORCH
#include <ATen/Parallel.h>
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_sub.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/sub.h>
#include <ATen/ops/sum.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>

#include <mutex>
#include <vector>

namespace lethe {
namespace {

/// gradient += strength * importance * (weight - reference) over float32 on the CPU, one pass; returns the sum of
/// importance times squared distance. `reference` and `importance` may be null: zero and one.
template <bool is_weighted>
double pull_float(float *gradient, const float *weight, const float *reference, const float *importance, int64_t count,
                  float strength) {
  double total = 0;
  std::mutex lock;
  at::parallel_for(0, count, 1 << 15, [&](int64_t begin, int64_t end) {
    double partial = 0;
    for (int64_t block = begin; block < end; block += 4096) {
      int64_t stop = std::min(end, block + 4096);
      float lanes[16] = {};
      auto pull = [&](int64_t i, int64_t lane) {
        float difference = weight[i] - (reference ? reference[i] : 0.0f);
        float weighted = is_weighted ? importance[i] * difference : difference;
        gradient[i] += strength * weighted;
        lanes[lane] += weighted * difference;
      };
      int64_t i = block;
      for (; i + 16 <= stop; i += 16) {
        for (int64_t lane = 0; lane < 16; ++lane) pull(i + lane, lane);
      }
      for (; i < stop; ++i) pull(i, 0);
      for (float lane : lanes) partial += lane;
    }
    std::lock_guard<std::mutex> guard(lock);
    total += partial;
  });
  return total;
}

/// Its elements, null where it is undefined. By the untyped pointer: before 2.13 `const_data_ptr<float>` is a template that
/// clang and GCC, which libtorch is built with, name differently.
const float *floats(const at::Tensor &tensor) {
  return tensor.defined() ? static_cast<const float *>(tensor.const_data_ptr()) : nullptr;
}

std::vector<at::Tensor> borrow_all(LTTensor *const *handles, int64_t count) {
  std::vector<at::Tensor> tensors;
  for (int64_t i = 0; handles != nullptr && i < count; ++i) tensors.push_back(borrow(handles[i]));
  return tensors;
}

/// As `pull_float`, on a device whose kernels take many tensors at a time; returns the sum as a float64 scalar there.
at::Tensor pull_on_device(const std::vector<at::Tensor> &gradients, const std::vector<at::Tensor> &weights,
                          const std::vector<at::Tensor> &references, const std::vector<at::Tensor> &importances,
                          double strength) {
  auto differences = references.empty() ? weights : at::_foreach_sub(weights, references);
  auto weighted = importances.empty() ? differences : at::_foreach_mul(differences, importances);
  std::vector<at::Tensor> sums;
  // Before the gradients change: in a decoupled step they are the weights themselves.
  for (const at::Tensor &product : at::_foreach_mul(weighted, differences)) sums.push_back(at::sum(product, at::kDouble));
  if (strength != 0) at::_foreach_add_(gradients, weighted, strength);
  return at::stack(sums).sum();
}

void check_shapes(const at::Tensor &gradient, const at::Tensor &weight, const at::Tensor &reference,
                  const at::Tensor &importance) {
  TORCH_CHECK(gradient.sizes() == weight.sizes(), "gradient and weight differ in shape");
  TORCH_CHECK(!reference.defined() || reference.sizes() == weight.sizes(), "reference and weight differ in shape");
  TORCH_CHECK(!importance.defined() || importance.sizes() == weight.sizes(), "importance and weight differ in shape");
}

bool is_plain(const at::Tensor &tensor) {
  return tensor.is_cpu() && tensor.scalar_type() == at::kFloat && tensor.is_contiguous();
}

}  // namespace

void register_gradients(LTTable &table) {
  table.set_requires_gradient = [](LTTensor *tensor, int32_t requires_gradient) {
    return guarded([&] { borrow(tensor).set_requires_grad(requires_gradient != 0); });
  };
  table.requires_gradient = [](LTTensor *tensor) -> int32_t { return borrow(tensor).requires_grad(); };
  table.backward = [](LTTensor *loss) { return guarded([&] { torch::autograd::backward({borrow(loss)}, {}); }); };
  table.gradient = [](LTTensor *tensor, LTTensor **out) {
    return guarded([&] { *out = hand_out(borrow(tensor).grad()); });
  };
  table.clear_gradient = [](LTTensor *tensor) {
    return guarded([&] {
      at::Tensor borrowed = borrow(tensor);
      borrowed.mutable_grad() = at::Tensor();
    });
  };
  table.gradients = [](LTTensor *loss, LTTensor *const *inputs, int64_t count, int32_t keeps_graph, LTTensor **out) {
    return guarded([&] {
      torch::autograd::variable_list wanted;
      for (int64_t i = 0; i < count; ++i) wanted.push_back(borrow(inputs[i]));
      auto found = torch::autograd::grad({borrow(loss)}, wanted, {}, keeps_graph != 0, false, true);
      for (int64_t i = 0; i < count; ++i) out[i] = hand_out(found[static_cast<size_t>(i)]);
    });
  };
  table.set_gradient_mode = [](int32_t enabled) -> int32_t {
    bool previous = c10::GradMode::is_enabled();
    c10::GradMode::set_enabled(enabled != 0);
    return previous;
  };
  table.pull_gradients = [](LTTensor *const *gradients, LTTensor *const *weights, LTTensor *const *references,
                            LTTensor *const *importances, int64_t count, double strength, double *sum,
                            LTTensor **device_sum) {
    return guarded([&] {
      c10::NoGradGuard no_gradient;
      *sum = 0;
      *device_sum = nullptr;
      if (count > 0 && !borrow(weights[0]).is_cpu()) {
        auto given = borrow_all(gradients, count), held = borrow_all(weights, count);
        auto before = borrow_all(references, count), weighing = borrow_all(importances, count);
        for (size_t i = 0; i < held.size(); ++i) {
          check_shapes(given[i], held[i], before.empty() ? at::Tensor() : before[i],
                       weighing.empty() ? at::Tensor() : weighing[i]);
        }
        *device_sum = hand_out(pull_on_device(given, held, before, weighing, strength));
        return;
      }
      for (int64_t i = 0; i < count; ++i) {
        at::Tensor gradient = borrow(gradients[i]);
        at::Tensor weight = borrow(weights[i]);
        at::Tensor reference = references ? borrow(references[i]) : at::Tensor();
        at::Tensor importance = importances ? borrow(importances[i]) : at::Tensor();
        check_shapes(gradient, weight, reference, importance);
        auto is_usable = [](const at::Tensor &tensor) { return !tensor.defined() || is_plain(tensor); };
        if (is_plain(gradient) && is_plain(weight) && is_usable(reference) && is_usable(importance)) {
          auto pull = importance.defined() ? pull_float<true> : pull_float<false>;
          *sum += pull(gradient.mutable_data_ptr<float>(), floats(weight), floats(reference), floats(importance),
                       weight.numel(), static_cast<float>(strength));
        } else {
          at::Tensor difference = reference.defined() ? at::sub(weight, reference) : weight;
          at::Tensor weighted = importance.defined() ? difference.mul(importance) : difference;
          // Before the gradient changes: in a decoupled step it is the weight itself.
          *sum += at::sum(weighted.mul(difference), at::kDouble).item<double>();
          gradient.add_(weighted, strength);
        }
      }
    });
  };
}

}  // namespace lethe
#endif
