/// Recurrent layers in PyTorch's names and order of gates.
///
/// LSTM has its gates in PyTorch's order (i, f, g, o) and one bias, PyTorch the sum of two: the second is 0. GRU has
/// z, r, h where PyTorch has r, z, n, and with `reset_after` both biases. cuDNN's layers have both biases in one row, and
/// the kernels of their gates in cuDNN's order of elements.
struct KerasRecurrence {
  let kind: KerasKind
  let configuration: KerasConfiguration?

  func outcome(_ parts: KerasParts) -> KerasConversion.Outcome {
    guard parts.isWhole || parts.names == [.forward, .backward] else { return .left(nil) }
    var tensors: [(String, TensorView)] = []
    for part in [KerasLayer.Part.whole, .forward, .backward] where parts.names.contains(part) {
      switch direction(parts[part], suffix: part == .backward ? "_l0_reverse" : "_l0") {
      case .converted(let found, _): tensors += found
      case .left(let reason): return .left(reason)
      }
    }
    let isBiased = tensors.contains { $0.0.hasPrefix("bias") }
    return .converted(tensors, remark: remark(isBiased: isBiased))
  }

  private var gateCount: Int { kind == .lstm ? 4 : kind == .gru ? 3 : 1 }

  private static let withoutReset = "GRU with reset_after=False, which PyTorch does not have"

  private func direction(_ weights: KerasParts.Weights, suffix: String) -> KerasConversion.Outcome {
    guard let kernel = weights["kernel"], let recurrent = weights["recurrent_kernel"], kernel.shape.count == 2,
      recurrent.shape.count == 2, let units = recurrent.shape.first, recurrent.shape[1] == gateCount * units,
      kernel.shape[1] == gateCount * units, weights.ordered.count == (weights["bias"] == nil ? 2 : 3)
    else { return .left(nil) }
    let width = gateCount * units
    // The first versions did not have the setting, and reset before.
    if kind == .gru, let configuration, configuration.flag("reset_after") != true, weights["bias"]?.shape != [2 * width]
    {
      return .left(Self.withoutReset)
    }
    var isCuDNN = false
    var biases: [TensorView] = []
    switch weights["bias"] {
    case nil: break
    case let bias? where bias.shape == [2 * width] && kind != .simpleRNN:
      isCuDNN = true
      biases = bias.halves
    case let bias? where bias.shape == [2, width] && kind == .gru: biases = bias.halves
    case let bias? where bias.shape == [width] && kind != .gru: biases = [bias, bias.zeros]
    case let bias? where bias.shape == [width]: return .left(Self.withoutReset)
    default: return .left(nil)
    }
    let (input, hidden) =
      isCuDNN
      ? (cuDNNGates(kernel).reshaped([width, kernel.shape[0]]), cuDNNHidden(recurrent))
      : (kernel.permuted([1, 0]), recurrent.permuted([1, 0]))
    return .converted(
      [("weight_ih", input), ("weight_hh", hidden)].map { ("\($0)\(suffix)", ordered($1)) }
        + zip(["bias_ih", "bias_hh"], biases).map { ("\($0)\(suffix)", ordered($1)) })
  }

  private func ordered(_ tensor: TensorView) -> TensorView { kind == .gru ? tensor.blocks([1, 0, 2]) : tensor }

  /// `(in, gates · units)` gate by gate, each gate's elements in their order: cuDNN has them as `(units, in)`.
  private func cuDNNGates(_ kernel: TensorView) -> TensorView {
    kernel.reshaped([kernel.shape[0], gateCount, kernel.shape[1] / gateCount]).permuted([1, 0, 2])
  }

  private func cuDNNHidden(_ recurrent: TensorView) -> TensorView {
    cuDNNGates(recurrent).reshaped([recurrent.shape[1], recurrent.shape[0]])
  }

  private func remark(isBiased: Bool) -> String? {
    if kind == .gru, !isBiased, configuration == nil {
      return "taken for reset_after=True, which the file does not say"
    }
    var standard = ["activation": "tanh"]
    if kind != .simpleRNN { standard["recurrent_activation"] = "sigmoid" }
    let others = standard.keys.sorted().compactMap { setting in
      configuration?.text(setting).flatMap { $0 == standard[setting] ? nil : "\(setting) is \($0)" }
    }
    return others.isEmpty ? nil : "\(others.joined(separator: ", ")), not PyTorch's"
  }
}
