import Programs
import Torch

/// How a convolutional network is evaluated with the channels of each place side by side in memory ("channels last"), which
/// the CPU's convolutions are faster in.
///
/// Kernels are brought into that order before a run, and what convolutions give has it then, through all calls that take
/// any order. The other calls are given what they read row by row, and the program's outputs are; what is captured lies as it
/// was computed. Only where elements lie differs: shapes and names do not, and sums differ by rounding.
struct ChannelsLast {
  /// Slots of the kernels of convolutions.
  let kernels: Set<Int>
  /// Positions of calls that are given what they read row by row.
  let rowMajorCalls: Set<Int>

  /// A network is evaluated so where some convolution has so many input channels: of 8 a network of two convolutions takes
  /// half of the time, of 32 two thirds, a ResNet-18 three quarters. Steps of training, which would bring kernels and their
  /// gradients into order each, were 6 to 8 % slower.
  private static let leastChannels = 8
  /// Of fewer examples at a time, bringing the kernels into order would take a larger part of the time.
  private static let leastExamples = 8

  /// Calls that give the same whatever order their first argument's elements have in memory, and keep it.
  private static let orderless: Set<String> = [
    "aten::adaptive_avg_pool2d", "aten::add", "aten::add_", "aten::avg_pool2d", "aten::batch_norm", "aten::cat",
    "aten::conv2d", "aten::dropout", "aten::dropout_", "aten::elu", "aten::flatten", "aten::gelu", "aten::hardsigmoid",
    "aten::hardswish", "aten::hardswish_", "aten::hardtanh", "aten::hardtanh_", "aten::leaky_relu",
    "aten::leaky_relu_", "aten::max_pool2d", "aten::mean", "aten::mul", "aten::mul_", "aten::relu", "aten::relu6",
    "aten::relu6_", "aten::relu_", "aten::sigmoid", "aten::silu", "aten::silu_", "aten::sub", "aten::sym_size",
    "aten::tanh",
  ]

  /// - Returns: nil of a network that is evaluated row by row.
  init?(_ program: Program, slotOfValue: [String: Int]) {
    let shapes = Dictionary(program.parameters.map { ($0.name, $0.shape) }, uniquingKeysWith: { first, _ in first })
    var (names, mostChannels): (Set<String>, Int) = ([], 0)
    for node in program.nodes where node.operatorName == "aten::conv2d" {
      guard case .value(let name)? = node.inputs.first(where: { $0.name == "weight" })?.value,
        let shape = shapes[name], shape.count == 4
      else { continue }
      names.insert(name)
      mostChannels = max(mostChannels, shape[1])
    }
    guard mostChannels >= Self.leastChannels,
      program.nodes.allSatisfy({ !$0.isInPlace || Self.orderless.contains($0.operatorName) }),
      !program.changesWhatIsViewed
    else { return nil }
    kernels = Set(names.compactMap { slotOfValue[$0] })
    rowMajorCalls = Set(program.nodes.indices.filter { !Self.orderless.contains(program.nodes[$0].operatorName) })
  }

  /// Whether a run is made so.
  func applies(exampleCount: Int, device: Device) throws -> Bool {
    try device == .cpu && exampleCount >= Self.leastExamples && !RowMajor.isAsked && !recordsGradients()
  }

  /// Brings the kernels among some values into order.
  func order(_ values: inout [OperatorValue?]) throws {
    for slot in kernels {
      if case .tensor(let kernel)? = values[slot], kernel.shape.count == 4 {
        values[slot] = .tensor(try kernel.channelsLast())
      }
    }
  }
}

/// In which order networks are evaluated.
public enum RowMajor {
  /// Whether forward passes that begin now have the channels of images one after the other, as steps of training do: what
  /// is compared with these within a step is then rounded as they are.
  @TaskLocal public static var isAsked = false
}

extension OperatorValue {
  /// The same with the elements of images row by row.
  func rowMajor() throws -> OperatorValue {
    switch self {
    case .tensor(let tensor) where tensor.shape.count == 4: .tensor(try tensor.contiguous())
    case .tensors(let tensors): .tensors(try tensors.map { $0.shape.count == 4 ? try $0.contiguous() : $0 })
    default: self
    }
  }
}
