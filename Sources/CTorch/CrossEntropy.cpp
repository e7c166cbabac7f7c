#include "Support.h"

#ifdef LETHE_HAS_TORCH
#include <ATen/Parallel.h>
#include <ATen/ops/_log_softmax.h>
#include <ATen/ops/_softmax.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

namespace lethe {
namespace {

constexpr int64_t ignored_label = -100;

/// Logits whose probabilities are there at a time: 2 MiB of float32 for each thread, which its core's cache holds.
int64_t logits_of_slice(const at::Tensor &logits) {
  return logits.is_cpu() ? (int64_t{1} << 19) * at::get_num_threads() : int64_t{1} << 26;
}

bool is_half(const at::Tensor &tensor) {
  return tensor.scalar_type() == at::kHalf || tensor.scalar_type() == at::kBFloat16;
}

/// Some rows of the logits with what is right of them.
struct Slice {
  /// In float32 where the logits are of half that.
  at::Tensor logits;
  /// 0 where a label is left out.
  at::Tensor labels;
  /// Where a label is not left out.
  at::Tensor counted;
};

template <typename Body>
void each_slice(const at::Tensor &logits, const at::Tensor &labels, Body &&body) {
  int64_t count = logits.size(0);
  if (logits.numel() == 0) return;
  int64_t length = std::max<int64_t>(1, logits_of_slice(logits) / (logits.numel() / count));
  for (int64_t start = 0; start < count; start += length) {
    int64_t size = std::min(length, count - start);
    at::Tensor rows = logits.narrow(0, start, size);
    at::Tensor own = labels.narrow(0, start, size).unsqueeze(1);
    at::Tensor left_out = own.eq(ignored_label);
    body(start, Slice{is_half(rows) ? rows.to(at::kFloat) : rows, own.masked_fill(left_out, 0), left_out.logical_not()});
  }
}

/// The mean of the cross-entropies over the labels that are not left out, slice by slice.
///
/// Nothing of the size of the logits is made on the way there, and on the way back their gradient alone: probabilities are
/// computed anew from the logits, `gradient = share · (softmax − target)`.
class SlicedCrossEntropy : public torch::autograd::Function<SlicedCrossEntropy> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext *context, const at::Tensor &logits, const at::Tensor &labels,
                            double smoothing, bool weighs_by_probability) {
    at::Tensor total = at::zeros({}, logits.options().dtype(at::kDouble));
    at::Tensor count = labels.ne(ignored_label).sum().clamp_min(1);
    each_slice(logits, labels, [&](int64_t, const Slice &slice) {
      at::Tensor logarithms = at::_log_softmax(slice.logits, 1, false);
      at::Tensor own = logarithms.gather(1, slice.labels);
      at::Tensor likelihood = own;
      if (smoothing > 0) likelihood = likelihood.mul(1 - smoothing).add(logarithms.mean(1, true), smoothing);
      if (weighs_by_probability) likelihood = likelihood.mul(own.exp());
      total.sub_(likelihood.masked_fill(slice.counted.logical_not(), 0).sum(at::kDouble));
    });
    context->save_for_backward({logits, labels, count});
    context->saved_data["smoothing"] = smoothing;
    context->saved_data["weighs_by_probability"] = weighs_by_probability;
    return total.div_(count).to(is_half(logits) ? at::kFloat : logits.scalar_type());
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext *context,
                                                 torch::autograd::variable_list slopes) {
    c10::NoGradGuard no_gradient;
    auto saved = context->get_saved_variables();
    const at::Tensor &logits = saved[0];
    double smoothing = context->saved_data["smoothing"].toDouble();
    bool weighs_by_probability = context->saved_data["weighs_by_probability"].toBool();
    at::Tensor share = slopes[0].div(saved[2]);
    at::Tensor gradient = at::empty_like(logits, at::MemoryFormat::Contiguous);
    each_slice(logits, saved[1], [&](int64_t start, const Slice &slice) {
      at::Tensor target = gradient.narrow(0, start, slice.logits.size(0));
      at::Tensor own = is_half(logits) ? at::_softmax(slice.logits, 1, false)
                                       : at::_softmax_out(target, slice.logits, 1, false);
      at::Tensor weights = slice.counted.to(own.scalar_type()).mul_(share);
      if (weighs_by_probability) weights.mul_(own.gather(1, slice.labels));
      if (smoothing > 0) own.sub_(smoothing / static_cast<double>(logits.size(1)));
      own.scatter_add_(1, slice.labels, at::full_like(slice.labels, smoothing - 1, own.options()));
      own.mul_(weights);
      if (is_half(logits)) target.copy_(own);
    });
    return {gradient, at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

}  // namespace

void register_losses(LTTable &table) {
  table.sliced_cross_entropy = [](LTTensor *logits, LTTensor *labels, double smoothing, int32_t weighs_by_probability,
                                  LTTensor **out) {
    return guarded([&] {
      at::Tensor scores = borrow(logits);
      at::Tensor right = borrow(labels);
      TORCH_CHECK(scores.dim() >= 2 && right.dim() == scores.dim() - 1 && right.size(0) == scores.size(0) &&
                      right.sizes().slice(1) == scores.sizes().slice(2),
                  "labels of shape ", right.sizes(), " for logits of shape ", scores.sizes());
      *out = hand_out(SlicedCrossEntropy::apply(scores, right, smoothing, weighs_by_probability != 0));
    });
  };
}

}  // namespace lethe
#endif
