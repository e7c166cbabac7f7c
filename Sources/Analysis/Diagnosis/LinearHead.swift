import Findings
import Models
import Programs
import Torch

/// A head that is one linear layer of what enters it, at every place.
struct LinearHead {
  /// The kernel's name among the head's tensors, and the bias's; nil without one.
  let kernel: String
  let bias: String?
  /// Whether other layers read the kernel too: words that are read and said by one embedding.
  let isShared: Bool
  private let own: [String: Tensor]

  /// Calls that leave a linear function of a place's features one.
  private static let linear: Set<String> = [
    "aten::linear", "aten::conv1d", "aten::conv2d", "aten::convolution", "aten::addmm", "aten::mm", "aten::matmul",
    "aten::t", "aten::transpose", "aten::permute", "aten::view", "aten::reshape", "aten::_unsafe_view", "aten::flatten",
    "aten::squeeze", "aten::unsqueeze", "aten::expand", "aten::contiguous", "aten::clone", "aten::alias",
    "aten::detach",
    "aten::slice", "aten::select", "aten::dropout", "aten::to", "aten::_to_copy", "aten::sym_size",
    "aten::upsample_bilinear2d", "aten::upsample_nearest2d", "aten::interpolate",
  ]

  /// - Returns: nil where something else than a linear layer stands between what enters the head and the outputs.
  init?(of model: Model, task: String) {
    guard let (program, _) = model.program.readoutProgram, let head = model.heads[task]?.tensors else { return nil }
    let calls = program.nodes.map(\.operatorName)
    guard calls.allSatisfy({ Self.linear.contains($0) || !$0.hasPrefix("aten::") }),
      let kernel = head.first(where: { $0.value.shape.count > 1 }), head.count <= 2,
      kernel.value.shape.dropFirst(2).allSatisfy({ $0 == 1 })
    else { return nil }
    let biases = head.filter { $0.key != kernel.key }
    guard biases.allSatisfy({ $0.value.shape == [kernel.value.shape[0]] }) else { return nil }
    (self.kernel, bias, own) = (kernel.key, biases.first?.key, head)
    isShared =
      model.program.headProgram == nil
      || model.parameters.contains { $0.key != kernel.key && $0.value === kernel.value }
  }

  private var shape: [Int] { own[kernel]?.shape ?? [] }
  /// What it says.
  var outputCount: Int { shape[0] }
  /// Features that enter it.
  var width: Int { shape[1] }
  /// Its weights, the bias aside.
  var weightCount: Int { outputCount * width }

  /// Rows of features that it is fitted anew to, at most.
  var rowCount: Int {
    min(
      DiagnosisThresholds.headPlaces, DiagnosisThresholds.headNumbers / max(1, width),
      DiagnosisThresholds.headNumbers / max(1, outputCount))
  }

  /// The head as it is.
  func layer() throws -> LinearLayer {
    guard let weight = own[kernel] else { preconditionFailure("a head without its kernel") }
    return try withoutGradients {
      LinearLayer(
        weight: try weight.to(.float64).reshaped([outputCount, width]),
        bias: try bias.flatMap { try own[$0]?.to(.float64) })
    }
  }

  /// The head's tensors, of which it says scores that are divided by a number.
  func tensors(dividedBy divisor: Double) throws -> [String: Tensor] {
    try withoutGradients { try own.mapValues { try $0.divide(by: divisor) } }
  }

  /// A linear layer as the head's tensors.
  func tensors(of layer: LinearLayer) throws -> [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    tensors[kernel] = try layer.weight.to(own[kernel]?.type ?? .float32).reshaped(shape)
    if let bias { tensors[bias] = try layer.bias?.to(own[bias]?.type ?? .float32) }
    return tensors
  }
}
