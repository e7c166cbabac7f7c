import Torch

/// SGD, Adam and AdamW through libtorch's fused multi-tensor operators.
final class Optimizer {
  /// Parameters that share a learning rate and a weight decay: one fused call.
  private struct Group {
    let indices: [Int]
    let learningRate: Double
    let weightDecay: Double
    var firstMoments: [Tensor] = []
    var secondMoments: [Tensor] = []
    var steps: [Tensor] = []
    var isFirstStep = true
  }

  private let kind: OptimizerKind
  private let momentum: Double
  private let usesNesterov: Bool
  private let parameters: [Tensor]
  private var groups: [Group]
  private let update: Operator
  private let advance: Operator

  /// - Parameter weightDecays: of each parameter, toward zero.
  init(_ trainable: TrainableParameters, options: TrainingOptions, weightDecays: [Double]) throws {
    kind = options.optimizer
    momentum = options.momentum
    usesNesterov = options.usesNesterov
    parameters = trainable.tensors
    let name =
      switch kind {
      case .sgd: "aten::_fused_sgd_"
      case .adam: "aten::_fused_adam_"
      case .adamw: "aten::_fused_adamw_"
      }
    update = try Operator(name)
    advance = try Operator("aten::_foreach_add_", overload: "Scalar")
    struct Key: Hashable {
      let rate: Double
      let decay: Double
    }
    let keys = zip(trainable.learningRates, weightDecays).map { Key(rate: $0, decay: $1) }
    var order: [Key] = []
    for key in keys where !order.contains(key) { order.append(key) }
    groups = order.map { key in
      Group(indices: keys.indices.filter { keys[$0] == key }, learningRate: key.rate, weightDecay: key.decay)
    }
    for index in groups.indices { try allocateState(of: index) }
  }

  private func allocateState(of index: Int) throws {
    let tensors = groups[index].indices.map { parameters[$0] }
    func zerosLike() throws -> [Tensor] {
      try tensors.map { try Tensor.zeros($0.shape, type: $0.type ?? .float32, device: $0.device) }
    }
    if kind != .sgd || momentum > 0 { groups[index].firstMoments = try zerosLike() }
    guard kind != .sgd else { return }
    groups[index].secondMoments = try zerosLike()
    groups[index].steps = try tensors.map { try Tensor.zeros([], device: $0.device) }
  }

  /// One step. `gradients` are in the order of the trainable parameters; `factor` scales every learning rate.
  func step(_ gradients: [Tensor], factor: Double) throws {
    try withoutGradients {
      for index in groups.indices { try step(group: index, gradients, factor: factor) }
    }
  }

  private func step(group index: Int, _ gradients: [Tensor], factor: Double) throws {
    let group = groups[index]
    let weights = OperatorValue.tensors(group.indices.map { parameters[$0] })
    let slopes = OperatorValue.tensors(group.indices.map { gradients[$0] })
    let rate = group.learningRate * factor
    switch kind {
    case .sgd:
      try update([
        weights, slopes, .tensors(group.firstMoments), .double(group.weightDecay), .double(momentum), .double(rate),
        .double(0), .bool(usesNesterov), .bool(false), .bool(group.isFirstStep),
      ])
      groups[index].isFirstStep = false
    case .adam, .adamw:
      try advance([.tensors(group.steps), .int(1)])
      try update([
        weights, slopes, .tensors(group.firstMoments), .tensors(group.secondMoments), .tensors([]),
        .tensors(group.steps), .double(rate), .double(0.9), .double(0.999), .double(group.weightDecay), .double(1e-8),
        .bool(false), .bool(false),
      ])
    }
  }
}
