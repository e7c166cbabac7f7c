#include "TestDevice.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <torch/library.h>

// The cells that libtorch has in one kernel for GPUs alone, as their formulas say; gates are computed above.
namespace test_device {
namespace {

at::Tensor sum_of_gates(const at::Tensor &input, const at::Tensor &hidden, const std::optional<at::Tensor> &input_bias,
                        const std::optional<at::Tensor> &hidden_bias) {
  at::Tensor gates = on_host(input).add(on_host(hidden));
  if (input_bias && input_bias->defined()) gates = gates.add(on_host(*input_bias)).add(on_host(*hidden_bias));
  return gates;
}

/// - Returns: `h`, `c`, and the four gates `[batch, 4 width]` for the way back.
std::tuple<at::Tensor, at::Tensor, at::Tensor> lstm_cell(
    const at::Tensor &input_gates, const at::Tensor &hidden_gates, const at::Tensor &cell,
    const std::optional<at::Tensor> &input_bias, const std::optional<at::Tensor> &hidden_bias) {
  count_call("aten::_thnn_fused_lstm_cell");
  auto gates = sum_of_gates(input_gates, hidden_gates, input_bias, hidden_bias).chunk(4, 1);
  at::Tensor in = gates[0].sigmoid(), forget = gates[1].sigmoid(), fresh = gates[2].tanh(), out = gates[3].sigmoid();
  at::Tensor next = forget.mul(on_host(cell)).add(in.mul(fresh));
  return {on_device(out.mul(next.tanh())), on_device(next), on_device(at::cat({in, forget, fresh, out}, 1))};
}

/// - Returns: the gradients of the gates, of the cell before, and of a bias.
std::tuple<at::Tensor, at::Tensor, at::Tensor> lstm_cell_backward(
    const std::optional<at::Tensor> &of_hidden, const std::optional<at::Tensor> &of_cell, const at::Tensor &before,
    const at::Tensor &after, const at::Tensor &workspace, bool has_bias) {
  count_call("aten::_thnn_fused_lstm_cell_backward_impl");
  auto saved = on_host(workspace).chunk(4, 1);
  const at::Tensor &in = saved[0], &forget = saved[1], &fresh = saved[2], &out = saved[3];
  at::Tensor bent = on_host(after).tanh();
  auto given = [&](const std::optional<at::Tensor> &slope) {
    return slope && slope->defined() ? on_host(*slope) : at::zeros_like(bent);
  };
  at::Tensor hidden = given(of_hidden);
  at::Tensor cell = given(of_cell).add(hidden.mul(out).mul(1 - bent * bent));
  at::Tensor gates = at::cat({cell.mul(fresh).mul(in * (1 - in)), cell.mul(on_host(before)).mul(forget * (1 - forget)),
                              cell.mul(in).mul(1 - fresh * fresh), hidden.mul(bent).mul(out * (1 - out))},
                             1);
  at::Tensor bias = has_bias ? gates.sum(0) : at::Tensor();
  return {on_device(gates), on_device(cell.mul(forget)), on_device(bias)};
}

/// - Returns: `h`, and the gates, `h` before and the hidden part of the new one `[batch, 5 width]` for the way back.
std::tuple<at::Tensor, at::Tensor> gru_cell(
    const at::Tensor &input_gates, const at::Tensor &hidden_gates, const at::Tensor &before,
    const std::optional<at::Tensor> &input_bias, const std::optional<at::Tensor> &hidden_bias) {
  count_call("aten::_thnn_fused_gru_cell");
  auto biased = [](const at::Tensor &gates, const std::optional<at::Tensor> &bias) {
    at::Tensor own = on_host(gates);
    return (bias && bias->defined() ? own.add(on_host(*bias)) : own).chunk(3, 1);
  };
  auto of_input = biased(input_gates, input_bias), of_hidden = biased(hidden_gates, hidden_bias);
  at::Tensor reset = of_input[0].add(of_hidden[0]).sigmoid(), update = of_input[1].add(of_hidden[1]).sigmoid();
  at::Tensor fresh = of_input[2].add(reset.mul(of_hidden[2])).tanh();
  at::Tensor hidden = on_host(before);
  at::Tensor next = hidden.sub(fresh).mul(update).add(fresh);
  return {on_device(next), on_device(at::cat({reset, update, fresh, hidden, of_hidden[2]}, 1))};
}

/// - Returns: the gradients of both gates, of `h` before, and of both biases.
std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor, at::Tensor> gru_cell_backward(
    const at::Tensor &slope, const at::Tensor &workspace, bool has_bias) {
  count_call("aten::_thnn_fused_gru_cell_backward");
  auto saved = on_host(workspace).chunk(5, 1);
  const at::Tensor &reset = saved[0], &update = saved[1], &fresh = saved[2], &before = saved[3], &hidden = saved[4];
  at::Tensor own = on_host(slope);
  at::Tensor of_update = own.mul(before - fresh).mul(update * (1 - update));
  at::Tensor of_fresh = own.mul(1 - update).mul(1 - fresh * fresh);
  at::Tensor of_reset = of_fresh.mul(hidden).mul(reset * (1 - reset));
  at::Tensor input_gates = at::cat({of_reset, of_update, of_fresh}, 1);
  at::Tensor hidden_gates = at::cat({of_reset, of_update, of_fresh.mul(reset)}, 1);
  at::Tensor input_bias = has_bias ? input_gates.sum(0) : at::Tensor();
  at::Tensor hidden_bias = has_bias ? hidden_gates.sum(0) : at::Tensor();
  return {on_device(input_gates), on_device(hidden_gates), on_device(own.mul(update)), on_device(input_bias),
          on_device(hidden_bias)};
}

}  // namespace
}  // namespace test_device

TORCH_LIBRARY_IMPL(aten, CUDA, library) {
  using namespace test_device;
  library.impl("_thnn_fused_lstm_cell", lstm_cell);
  library.impl("_thnn_fused_lstm_cell_backward_impl", lstm_cell_backward);
  library.impl("_thnn_fused_gru_cell", gru_cell);
  library.impl("_thnn_fused_gru_cell_backward", gru_cell_backward);
}
