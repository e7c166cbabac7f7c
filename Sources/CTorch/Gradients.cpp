#include "Support.h"

#ifdef LETHE_HAS_TORCH
#include <ATen/Parallel.h>
#include <ATen/ops/sub.h>
#include <ATen/ops/sum.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>

#include <mutex>
#include <vector>

namespace lethe {
namespace {

/// gradient += strength * (weight - reference) over float32 on the CPU, one pass; returns the squared distance.
double pull_float(float *gradient, const float *weight, const float *reference, int64_t count, float strength) {
  double total = 0;
  std::mutex lock;
  at::parallel_for(0, count, 1 << 15, [&](int64_t begin, int64_t end) {
    double partial = 0;
    for (int64_t block = begin; block < end; block += 4096) {
      int64_t stop = std::min(end, block + 4096);
      float lanes[16] = {};
      int64_t i = block;
      for (; i + 16 <= stop; i += 16) {
        for (int64_t lane = 0; lane < 16; ++lane) {
          float difference = weight[i + lane] - (reference ? reference[i + lane] : 0.0f);
          gradient[i + lane] += strength * difference;
          lanes[lane] += difference * difference;
        }
      }
      for (; i < stop; ++i) {
        float difference = weight[i] - (reference ? reference[i] : 0.0f);
        gradient[i] += strength * difference;
        lanes[0] += difference * difference;
      }
      for (float lane : lanes) partial += lane;
    }
    std::lock_guard<std::mutex> guard(lock);
    total += partial;
  });
  return total;
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
  table.gradients = [](LTTensor *loss, LTTensor *const *inputs, int64_t count, LTTensor **out) {
    return guarded([&] {
      torch::autograd::variable_list wanted;
      for (int64_t i = 0; i < count; ++i) wanted.push_back(borrow(inputs[i]));
      auto found = torch::autograd::grad({borrow(loss)}, wanted, {}, std::nullopt, false, true);
      for (int64_t i = 0; i < count; ++i) out[i] = hand_out(found[static_cast<size_t>(i)]);
    });
  };
  table.set_gradient_mode = [](int32_t enabled) -> int32_t {
    bool previous = c10::GradMode::is_enabled();
    c10::GradMode::set_enabled(enabled != 0);
    return previous;
  };
  table.pull_gradients = [](LTTensor *const *gradients, LTTensor *const *weights, LTTensor *const *references,
                            int64_t count, double strength, double *sum) {
    return guarded([&] {
      c10::NoGradGuard no_gradient;
      *sum = 0;
      for (int64_t i = 0; i < count; ++i) {
        at::Tensor gradient = borrow(gradients[i]);
        at::Tensor weight = borrow(weights[i]);
        at::Tensor reference = references ? borrow(references[i]) : at::Tensor();
        TORCH_CHECK(gradient.sizes() == weight.sizes(), "gradient and weight differ in shape");
        TORCH_CHECK(!reference.defined() || reference.sizes() == weight.sizes(), "reference and weight differ in shape");
        if (is_plain(gradient) && is_plain(weight) && (!reference.defined() || is_plain(reference))) {
          *sum += pull_float(gradient.mutable_data_ptr<float>(), weight.const_data_ptr<float>(),
                             reference.defined() ? reference.const_data_ptr<float>() : nullptr, weight.numel(),
                             static_cast<float>(strength));
        } else {
          at::Tensor difference = reference.defined() ? at::sub(weight, reference) : weight;
          gradient.add_(difference, strength);
          *sum += at::sum(difference.mul(difference), at::kDouble).item<double>();
        }
      }
    });
  };
}

}  // namespace lethe
#endif
