import Models
import Programs
import Torch

/// The parameters that a run trains, in the program's order.
public struct TrainableParameters {
  public let names: [String]
  public let tensors: [Tensor]
  /// Peak learning rate of each.
  public let learningRates: [Double]
  public let frozenNames: [String]
  /// Layers whose normalization and dropout stay in evaluation.
  public let frozenLayers: Set<String>
  /// How many of the last ones are the source task's head, trained beside the target's.
  let sourceHeadCount: Int

  /// Whether a parameter belongs to the source task's head; its name is the target's namesake's.
  func isSourceHead(_ index: Int) -> Bool { index >= names.count - sourceHeadCount }

  /// Splits a model's parameters into trained and frozen and marks them for differentiation.
  ///
  /// - Parameter sourceHead: the source task's head where it is trained too, at the base learning rate.
  /// - Throws: `ProgramError` for a glob that matches nothing, ``TrainingError/nothingToTrain(frozen:)``.
  public init(of model: Model, options: TrainingOptions, sourceHead: Model.TaskHead? = nil) throws {
    var frozen: Set<String> = []
    for pattern in options.frozen {
      frozen.formUnion(try model.program.parameterNames(matching: pattern))
    }
    for rule in options.rateRules { _ = try model.program.parameterNames(matching: rule.pattern) }
    let layers = Set(model.program.nodes.map(\.layer)).filter { layer in
      options.frozen.contains { Glob($0).matches(layer) } || Self.isFrozen(layer, of: model.program, frozen: frozen)
    }
    let all = model.program.parameters.map(\.name)
    let still = all.filter { frozen.contains($0) || options.learningRate(of: $0) <= 0 }
    // Tied parameters are one tensor: trained once, under the first of their names, and not at all where one is frozen.
    var seen = Set(still.compactMap { model.parameters[$0].map(ObjectIdentifier.init) })
    let moving = all.filter { name in model.parameters[name].map { !seen.contains(ObjectIdentifier($0)) } ?? true }
    let trained = moving.filter { name in
      model.parameters[name].map { seen.insert(ObjectIdentifier($0)).inserted } ?? true
    }
    let headTensors = sourceHead?.tensors.sorted { $0.key < $1.key } ?? []
    sourceHeadCount = headTensors.count
    names = trained + headTensors.map(\.key)
    frozenNames = all.filter { !moving.contains($0) }
    frozenLayers = layers
    guard !trained.isEmpty else { throw TrainingError.nothingToTrain(frozen: options.frozen) }
    learningRates = trained.map(options.learningRate(of:)) + headTensors.map { _ in options.learningRate }
    let own = try trained.map { name in
      guard let tensor = model.parameters[name] else {
        throw ModelError.missingTensor(name: name, task: model.task)
      }
      return tensor
    }
    tensors = own + headTensors.map(\.value)
    for name in all { try model.parameters[name]?.setRequiresGradient(moving.contains(name)) }
    for (_, tensor) in headTensors { try tensor.setRequiresGradient(true) }
  }

  /// Whether all parameters of a layer are frozen; of the smallest module around it that has any, where it has none: the
  /// dropout of a frozen block is frozen with the block.
  private static func isFrozen(_ layer: String, of program: Program, frozen: Set<String>) -> Bool {
    var path = layer
    while !path.isEmpty {
      let own = program.parameters.lazy.map(\.name).filter { $0.hasPrefix(path + ".") }
      if let first = own.first { return frozen.contains(first) && own.allSatisfy(frozen.contains) }
      path = Program.path(ofTensor: path)
    }
    return false
  }
}
