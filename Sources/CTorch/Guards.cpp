#include "FoundOperator.h"

#ifdef LETHE_HAS_TORCH
#include <cmath>
#include <string>
#include <unordered_map>

namespace lethe {
namespace {

using Arguments = torch::jit::Stack;

at::Tensor tensor(const c10::IValue &value) { return value.isTensor() ? value.toTensor() : at::Tensor(); }

bool is_integral(const c10::IValue &value) {
  if (value.isTensor()) return at::isIntegralType(value.toTensor().scalar_type(), true);
  return value.isInt() || value.isBool() || value.isSymInt();
}

// Division that truncates divides the smallest integer by -1 in hardware, which traps.
void check_division(const Arguments &arguments) {
  bool truncates = arguments.back().isString() && arguments.back().toStringRef() == "trunc";
  TORCH_CHECK(!truncates || !is_integral(arguments[0]) || !is_integral(arguments[1]),
              "divides whole numbers toward zero, which traps on the smallest one");
}

// _weight_norm(v, g, dim): g has v's extent along dim, and 1 along every other axis.
void check_weight_norm(const Arguments &arguments) {
  at::Tensor direction = tensor(arguments[0]), norm = tensor(arguments[1]);
  int64_t axis = arguments[2].isInt() ? arguments[2].toInt() : 0;
  TORCH_CHECK(direction.defined() && norm.defined() && direction.scalar_type() == norm.scalar_type(),
              "needs two tensors of one type");
  int64_t rank = direction.dim();
  TORCH_CHECK(rank > 0 && direction.numel() > 0 && axis >= -1 && axis < rank, "has no axis ", axis);
  if (axis == -1) {
    TORCH_CHECK(norm.numel() == 1, "one norm is needed, found ", norm.numel());
    return;
  }
  bool fits = norm.dim() == rank;
  for (int64_t i = 0; fits && i < rank; ++i) fits = norm.size(i) == (i == axis ? direction.size(i) : 1);
  TORCH_CHECK(fits, "weights of shape ", direction.sizes(), " with norms of shape ", norm.sizes(), " along axis ", axis);
}

// Queries, keys and values of one rank and batch; keys and values of one length; heads that divide.
void check_attention(const Arguments &arguments) {
  at::Tensor query = tensor(arguments[0]), key = tensor(arguments[1]), value = tensor(arguments[2]);
  TORCH_CHECK(query.defined() && key.defined() && value.defined(), "needs queries, keys and values");
  int64_t rank = query.dim();
  TORCH_CHECK(rank >= 2 && key.dim() == rank && value.dim() == rank, "queries, keys and values of different rank");
  TORCH_CHECK(key.size(-2) == value.size(-2), key.size(-2), " keys and ", value.size(-2), " values");
  TORCH_CHECK(query.size(-1) == key.size(-1), "queries of width ", query.size(-1), ", keys of ", key.size(-1));
  TORCH_CHECK(query.scalar_type() == key.scalar_type() && key.scalar_type() == value.scalar_type(),
              "queries, keys and values of different types");
  for (int64_t axis = 0; axis < rank - 2; ++axis) {
    int64_t count = query.size(axis), keys = key.size(axis);
    bool is_heads = axis == rank - 3;
    bool fits = key.size(axis) == value.size(axis) && (count == keys || keys == 1 || count == 1 ||
                                                       (is_heads && keys > 0 && count % keys == 0));
    TORCH_CHECK(fits, "queries, keys and values of shapes ", query.sizes(), ", ", key.sizes(), ", ", value.sizes());
  }
}

// The kernel itself: without broadcasting or grouped heads.
void check_attention_kernel(const Arguments &arguments) {
  check_attention(arguments);
  at::Tensor query = tensor(arguments[0]), key = tensor(arguments[1]), value = tensor(arguments[2]);
  TORCH_CHECK(query.dim() == 4 && query.size(0) == key.size(0) && query.size(1) == key.size(1) &&
                  query.size(3) == value.size(3) && query.numel() > 0 && key.numel() > 0,
              "queries, keys and values of shapes ", query.sizes(), ", ", key.sizes(), ", ", value.sizes());
}

// embedding_bag(weight, indices, offsets, …): offsets rise from 0 and stay within the indices.
void check_bags(const Arguments &arguments) {
  at::Tensor indices = tensor(arguments[1]), offsets = tensor(arguments[2]);
  TORCH_CHECK(indices.defined() && offsets.defined(), "needs indices and offsets");
  TORCH_CHECK(indices.dim() == 1 && offsets.dim() == 1 && is_integral(arguments[1]) && is_integral(arguments[2]),
              "needs indices and offsets that are lists of whole numbers");
  at::Tensor shares = arguments.size() > 6 ? tensor(arguments[6]) : at::Tensor();
  TORCH_CHECK(!shares.defined() || shares.sizes() == indices.sizes(), "needs a weight for each index");
  if (offsets.numel() == 0) return;
  at::Tensor ends = offsets.detach().cpu().to(at::kLong).contiguous();
  const int64_t *offset = ends.const_data_ptr<int64_t>();
  bool rises = offset[0] == 0;
  for (int64_t i = 1; rises && i < ends.numel(); ++i) rises = offset[i] >= offset[i - 1];
  TORCH_CHECK(rises && offset[ends.numel() - 1] <= indices.numel(), "offsets that do not rise from 0 to at most ",
              indices.numel());
}

std::vector<at::Tensor> tensors(const c10::IValue &value) {
  if (value.isTensorList()) return value.toTensorVector();
  return value.isTensor() ? std::vector<at::Tensor>{value.toTensor()} : std::vector<at::Tensor>{};
}

bool has_shape(const at::Tensor &tensor, at::IntArrayRef shape) { return tensor.defined() && tensor.sizes() == shape; }

// lstm, gru, rnn (input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first): every weight
// and state has the shape that follows from the input's width and the first recurrent weight.
template <int64_t gate_count>
void check_recurrent(const Arguments &arguments) {
  at::Tensor input = tensor(arguments[0]);
  std::vector<at::Tensor> states = tensors(arguments[1]), weights = tensors(arguments[2]);
  bool has_biases = arguments[3].toBool();
  int64_t layers = arguments[4].toInt(), directions = arguments[7].toBool() ? 2 : 1;
  TORCH_CHECK(input.defined() && input.dim() == 3 && input.numel() > 0, "needs an input of three axes");
  TORCH_CHECK(layers >= 1 && layers <= 1 << 16, "has ", layers, " layers");
  bool is_long = gate_count == 4;
  TORCH_CHECK(states.size() == (is_long ? 2 : 1), "has ", states.size(), " states");
  auto each = static_cast<int64_t>(weights.size()) / (layers * directions);
  int64_t plain = has_biases ? 4 : 2;
  bool is_projected = is_long && each == plain + 1;
  TORCH_CHECK(each * layers * directions == static_cast<int64_t>(weights.size()) && (each == plain || is_projected),
              "has ", weights.size(), " weights for ", layers * directions, " layers and directions");
  for (const at::Tensor &weight : weights) {
    TORCH_CHECK(weight.defined() && weight.scalar_type() == weights[0].scalar_type() && weight.is_floating_point(),
                "weights of different types");
  }
  TORCH_CHECK(weights[1].dim() == 2 && weights[1].size(0) % gate_count == 0 && weights[1].numel() > 0,
              "a recurrent weight of shape ", weights[1].sizes());
  int64_t hidden = weights[1].size(0) / gate_count, given = weights[1].size(1), gates = gate_count * hidden;
  TORCH_CHECK(is_projected || given == hidden, "a recurrent weight of shape ", weights[1].sizes());
  for (int64_t i = 0; i < layers * directions; ++i) {
    auto at = weights.begin() + i * each;
    int64_t width = i < directions ? input.size(2) : directions * given;
    bool fits = has_shape(at[0], {gates, width}) && has_shape(at[1], {gates, given});
    if (has_biases) fits = fits && has_shape(at[2], {gates}) && has_shape(at[3], {gates});
    if (is_projected) fits = fits && has_shape(at[each - 1], {given, hidden});
    TORCH_CHECK(fits, "weights of shape ", at[0].sizes(), " and ", at[1].sizes(), " in layer ", i / directions,
                ", expected ", gates, " by ", width, " and ", gates, " by ", given);
  }
  int64_t batch = input.size(arguments[8].toBool() ? 0 : 1);
  bool fits = has_shape(states[0], {layers * directions, batch, given});
  if (is_long) fits = fits && has_shape(states[1], {layers * directions, batch, hidden});
  TORCH_CHECK(fits, "a state of shape ", states[0].sizes(), ", expected ", layers * directions, " by ", batch, " by ",
              given);
}

// upsample_…(input, output_size, align_corners where it has it, a scale an axis): scales that are none or lead to the
// size. The kernels look up places of the input by the scale alone.
void check_resizing(const Arguments &arguments) {
  at::Tensor input = tensor(arguments[0]);
  if (!arguments[1].isIntList()) return;  // by scale factors, from which the size is computed
  std::vector<int64_t> size = arguments[1].toIntVector();
  size_t axes = size.size();
  TORCH_CHECK(input.defined() && axes > 0 && input.dim() == static_cast<int64_t>(axes) + 2 &&
                  arguments.size() >= axes + 2,
              "needs a batch of images and their new size");
  for (size_t i = 0; i < axes; ++i) {
    TORCH_CHECK(size[i] >= 0 && size[i] <= 1 << 24, "brings an image to the size ", size[i]);
    const c10::IValue &scale = arguments[arguments.size() - axes + i];
    if (!scale.isDouble()) continue;
    int64_t found = input.size(static_cast<int64_t>(i) + 2);
    double expected = static_cast<double>(found) * scale.toDouble();
    TORCH_CHECK(std::abs(expected - static_cast<double>(size[i])) <= 1.0, "a scale of ", scale.toDouble(),
                " does not bring ", found, " to ", size[i]);
  }
}

}  // namespace

Guard guard_of(const c10::FunctionSchema &schema) {
  static const std::unordered_map<std::string, Guard> guards = {
      {"aten::_weight_norm", check_weight_norm},
      {"aten::scaled_dot_product_attention", check_attention},
      {"aten::_scaled_dot_product_flash_attention_for_cpu", check_attention_kernel},
      {"aten::lstm", check_recurrent<4>},
      {"aten::gru", check_recurrent<3>},
      {"aten::rnn_tanh", check_recurrent<1>},
      {"aten::rnn_relu", check_recurrent<1>},
      {"aten::_upsample_bicubic2d_aa", check_resizing},
      {"aten::_upsample_bilinear2d_aa", check_resizing},
      {"aten::upsample_linear1d", check_resizing},
      {"aten::upsample_bilinear2d", check_resizing},
      {"aten::upsample_bicubic2d", check_resizing},
      {"aten::upsample_trilinear3d", check_resizing},
      {"aten::upsample_nearest1d", check_resizing},
      {"aten::upsample_nearest2d", check_resizing},
      {"aten::upsample_nearest3d", check_resizing},
      {"aten::embedding_bag", check_bags},
      {"aten::_embedding_bag", check_bags},
      {"aten::div", check_division},
      {"aten::div_", check_division},
      {"aten::divide", check_division},
  };
  auto found = guards.find(schema.name());
  return found == guards.end() ? nullptr : found->second;
}

}  // namespace lethe
#endif
