import Torch

/// SGD, Adam and AdamW through libtorch's fused multi-tensor operators.
final class Optimizer {
  /// Parameters that share a learning rate, a weight decay and the stage they begin to train with: one fused call.
  private struct Group {
    let indices: [Int]
    let learningRate: Double
    let weightDecay: Double
    let stage: Int
    var firstMoments: [Tensor] = []
    var secondMoments: [Tensor] = []
    var steps: [Tensor] = []
    var isFirstStep = true
  }

  private let kind: OptimizerKind
  private let momentum: Double
  private let usesNesterov: Bool
  private let parameters: [Tensor]
  private let names: [String]
  private var groups: [Group]
  private let update: Operator
  private let advance: Operator
  private let goBack: Operator

  /// - Parameters:
  ///   - weightDecays: of each parameter, toward zero.
  ///   - stages: of each parameter, the stage it begins to train with.
  init(_ trainable: TrainableParameters, options: TrainingOptions, weightDecays: [Double], stages: [Int]) throws {
    kind = options.optimizer
    momentum = options.momentum
    usesNesterov = options.usesNesterov
    parameters = trainable.tensors
    // The tensors of earlier heads have their namesakes' names.
    names = trainable.names.indices.map { (trainable.isSourceHead($0) ? "\($0)." : "") + trainable.names[$0] }
    let name =
      switch kind {
      case .sgd: "aten::_fused_sgd_"
      case .adam: "aten::_fused_adam_"
      case .adamw: "aten::_fused_adamw_"
      }
    update = try Operator(name)
    advance = try Operator("aten::_foreach_add_", overload: "Scalar")
    goBack = try Operator("aten::_foreach_sub_", overload: "List")
    struct Key: Hashable {
      let rate: Double
      let decay: Double
      let stage: Int
    }
    let keys = trainable.tensors.indices.map { index in
      Key(rate: trainable.learningRates[index], decay: weightDecays[index], stage: stages[index])
    }
    var order: [Key] = []
    for key in keys where !order.contains(key) { order.append(key) }
    groups = order.map { key in
      Group(
        indices: keys.indices.filter { keys[$0] == key }, learningRate: key.rate, weightDecay: key.decay,
        stage: key.stage)
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

  /// One step. `gradients` are in the order of the trainable parameters; `factor` scales every learning rate; what begins
  /// to train after `stage` stays.
  ///
  /// - Parameter skipMark: a float32 scalar on the parameters' device; where it turns out to be 1, nothing moves.
  func step(_ gradients: [Tensor], factor: Double, stage: Int, skippedWhere skipMark: Tensor? = nil) throws {
    try withoutGradients {
      for index in groups.indices where groups[index].stage <= stage {
        try step(group: index, gradients, factor: factor, skipMark: skipMark)
      }
    }
  }

  private func step(group index: Int, _ gradients: [Tensor], factor: Double, skipMark: Tensor?) throws {
    let skip: [OperatorValue] = skipMark.map { [.none, .tensor($0)] } ?? []
    let group = groups[index]
    let weights = OperatorValue.tensors(group.indices.map { parameters[$0] })
    let slopes = OperatorValue.tensors(group.indices.map { gradients[$0] })
    let rate = group.learningRate * factor
    switch kind {
    case .sgd:
      try update(
        [
          weights, slopes, .tensors(group.firstMoments), .double(group.weightDecay), .double(momentum), .double(rate),
          .double(0), .bool(usesNesterov), .bool(false), .bool(group.isFirstStep),
        ] + skip)
      groups[index].isFirstStep = false
    case .adam, .adamw:
      try advance([.tensors(group.steps), .int(1)])
      try update(
        [
          weights, slopes, .tensors(group.firstMoments), .tensors(group.secondMoments), .tensors([]),
          .tensors(group.steps), .double(rate), .double(0.9), .double(0.999), .double(group.weightDecay), .double(1e-8),
          .bool(false), .bool(false),
        ] + skip)
      if let skipMark {
        try goBack([.tensors(group.steps), .tensors(Array(repeating: skipMark, count: group.steps.count))])
      }
    }
  }
}

// MARK: - State

extension Optimizer {
  /// The moments and step counts by parameter, of all that has moved.
  var state: [String: Tensor] {
    var result: [String: Tensor] = [:]
    for group in groups where kind != .sgd || !group.isFirstStep {
      for (position, index) in group.indices.enumerated() {
        for (role, tensors) in Self.roles(of: group) where position < tensors.count {
          result["\(role).\(names[index])"] = tensors[position]
        }
      }
    }
    return result
  }

  /// Under which names ``state`` has what is kept for each element of a parameter.
  func momentNames(of index: Int) -> [String] { ["moment1.\(names[index])", "moment2.\(names[index])"] }

  /// Continues from a state that ``state`` gave.
  ///
  /// - Throws: ``TrainingError/badResume(_:)`` where a tensor has another shape.
  func restore(_ state: [String: Tensor]) throws {
    for (groupIndex, group) in groups.enumerated() {
      for (position, index) in group.indices.enumerated() {
        for (role, tensors) in Self.roles(of: group) where position < tensors.count {
          guard let stored = state["\(role).\(names[index])"] else { continue }
          guard stored.shape == tensors[position].shape else {
            throw TrainingError.badResume("\(role) of '\(names[index])' has another shape")
          }
          try tensors[position].copyInPlace(from: stored)
          groups[groupIndex].isFirstStep = false
        }
      }
    }
  }

  private static func roles(of group: Group) -> [(String, [Tensor])] {
    [("moment1", group.firstMoments), ("moment2", group.secondMoments), ("steps", group.steps)]
  }
}
