#include "ProcessGroups.h"

#ifdef LETHE_HAS_GLOO
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include <optional>
#include <string>
#include <vector>

namespace lethe {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// All axes but that of the channels.
std::vector<int64_t> other_axes(const at::Tensor &tensor) {
  std::vector<int64_t> axes{0};
  for (int64_t axis = 2; axis < tensor.dim(); ++axis) axes.push_back(axis);
  return axes;
}

/// A number a channel, beside a tensor.
at::Tensor beside(const at::Tensor &values, const at::Tensor &tensor) {
  std::vector<int64_t> shape(tensor.dim(), 1);
  shape[1] = values.numel();
  return values.to(tensor.options()).view(shape);
}

at::Tensor in_float(const at::Tensor &tensor) {
  return at::isReducedFloatingType(tensor.scalar_type()) ? tensor.to(at::kFloat) : tensor;
}

/// Batch normalization by the mean and the variance over the batches of all processes, with the gradient through both.
///
/// An example that each of several processes has counts for its share of one.
class SynchronizedNorm : public torch::autograd::Function<SynchronizedNorm> {
 public:
  static at::Tensor forward(AutogradContext *context, const at::Tensor &input, const std::optional<at::Tensor> &weight,
                            const std::optional<at::Tensor> &bias, const std::optional<at::Tensor> &running_mean,
                            const std::optional<at::Tensor> &running_variance, double momentum, double epsilon,
                            const std::optional<at::Tensor> &shares, const c10::intrusive_ptr<Group> &group) {
    TORCH_CHECK(input.dim() >= 2, "expected examples with channels, found ", input.dim(), " axes");
    at::Tensor values = in_float(input);
    std::vector<int64_t> axes = other_axes(values);
    int64_t channels = values.size(1);
    at::Tensor rows = shares ? row_shares(*shares, values) : at::Tensor();
    auto summed = [&](const at::Tensor &tensor) {
      return (rows.defined() ? tensor * rows : tensor).sum(axes).to(at::kDouble);
    };
    double places = static_cast<double>(values.numel()) / (values.size(0) * channels);
    double own_count = places * (rows.defined() ? rows.sum().item<double>() : static_cast<double>(values.size(0)));
    at::Tensor own_mean = summed(values) / own_count;
    at::Tensor own_squares = summed((values - beside(own_mean, values)).square());

    int64_t rank = group->backend->getRank(), size = group->backend->getSize();
    at::Tensor all = at::zeros({size, 2 * channels + 1}, at::kDouble);
    all[rank].copy_(at::cat({own_mean, own_squares, at::full({1}, own_count, own_mean.options())}));
    group->sum(all);
    at::Tensor counts = all.narrow(1, 2 * channels, 1), means = all.narrow(1, 0, channels);
    double count = counts.sum().item<double>();
    TORCH_CHECK(count > 1, "expected more than 1 value per channel when training, found ", count);
    at::Tensor mean = (means * counts).sum(0) / count;
    at::Tensor squares = all.narrow(1, channels, channels).sum(0) + ((means - mean).square() * counts).sum(0);
    at::Tensor deviation = (squares / count + epsilon).rsqrt();
    if (running_mean && running_mean->defined()) {
      running_mean->mul_(1 - momentum).add_(mean.to(running_mean->options()), momentum);
    }
    if (running_variance && running_variance->defined()) {
      running_variance->mul_(1 - momentum).add_((squares / (count - 1)).to(running_variance->options()), momentum);
    }
    at::Tensor result = (values - beside(mean, values)) * beside(deviation, values);
    if (weight && weight->defined()) result = result * beside(*weight, values);
    if (bias && bias->defined()) result = result + beside(*bias, values);
    context->save_for_backward({input, weight.value_or(at::Tensor()), mean, deviation, rows});
    context->saved_data["count"] = count;
    context->saved_data["has_bias"] = bias && bias->defined();
    context->saved_data["group"] = c10::IValue::make_capsule(group);
    return result.to(input.scalar_type());
  }

  static variable_list backward(AutogradContext *context, variable_list slopes) {
    variable_list saved = context->get_saved_variables();
    const at::Tensor &input = saved[0], &weight = saved[1], &mean = saved[2], &deviation = saved[3], &rows = saved[4];
    auto group = c10::static_intrusive_pointer_cast<Group>(context->saved_data["group"].toCapsule());
    double count = context->saved_data["count"].toDouble();
    at::Tensor values = in_float(input), slope = slopes[0].to(values.scalar_type());
    std::vector<int64_t> axes = other_axes(values);
    at::Tensor normal = (values - beside(mean, values)) * beside(deviation, values);
    at::Tensor by_bias = slope.sum(axes), by_weight = (slope * normal).sum(axes);
    at::Tensor all = at::cat({by_bias, by_weight}).to(at::kDouble);
    group->sum(all);
    at::Tensor mean_slope = all.narrow(0, 0, mean.numel()) / count;
    at::Tensor mean_product = all.narrow(0, mean.numel(), mean.numel()) / count;
    at::Tensor through = beside(mean_slope, values) + normal * beside(mean_product, values);
    if (rows.defined()) through = through * rows;
    at::Tensor scale = weight.defined() ? deviation.to(weight.device()) * weight.to(at::kDouble) : deviation;
    variable_list found(9);
    found[0] = ((slope - through) * beside(scale, values)).to(input.scalar_type());
    if (weight.defined()) found[1] = by_weight.to(weight.scalar_type());
    if (context->saved_data["has_bias"].toBool()) {
      found[2] = by_bias.to(weight.defined() ? weight.scalar_type() : values.scalar_type());
    }
    return found;
  }

 private:
  /// What each row counts, where an example may have become several rows.
  static at::Tensor row_shares(const at::Tensor &shares, const at::Tensor &values) {
    int64_t rows = values.size(0), examples = shares.numel();
    TORCH_CHECK(examples > 0 && rows % examples == 0, rows, " rows of ", examples, " examples");
    std::vector<int64_t> shape(values.dim(), 1);
    shape[0] = rows;
    return shares.repeat_interleave(rows / examples).to(values.options()).view(shape);
  }
};

}  // namespace

void register_synchronized_norm(LTTable &table) {
  table.processes_norm = [](LTProcesses *processes, const LTTensor *input, const LTTensor *weight, const LTTensor *bias,
                            const LTTensor *running_mean, const LTTensor *running_variance, double momentum,
                            double epsilon, const double *shares, int64_t count, LTTensor **out) {
    return guarded([&] {
      auto given = [](const LTTensor *tensor) {
        return tensor == nullptr ? std::optional<at::Tensor>() : std::optional<at::Tensor>(borrow(tensor));
      };
      processes_of(processes).joined();
      auto group = c10::make_intrusive<Group>(processes_of(processes).group);
      std::optional<at::Tensor> parts;
      if (shares != nullptr) parts = at::tensor(at::ArrayRef<double>(shares, static_cast<size_t>(count)), at::kDouble);
      *out = hand_out(SynchronizedNorm::apply(borrow(input), given(weight), given(bias), given(running_mean),
                                              given(running_variance), momentum, epsilon, parts, group));
    });
  };
}

}  // namespace lethe
#endif
