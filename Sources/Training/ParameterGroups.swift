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

  /// Splits a model's parameters into trained and frozen and marks them for differentiation.
  ///
  /// - Throws: `ProgramError` for a glob that matches nothing, ``TrainingError/nothingToTrain(frozen:)``.
  public init(of model: Model, options: TrainingOptions) throws {
    var frozen: Set<String> = []
    var layers: Set<String> = []
    for pattern in options.frozen {
      frozen.formUnion(try model.program.parameterNames(matching: pattern))
    }
    for rule in options.rateRules { _ = try model.program.parameterNames(matching: rule.pattern) }
    for layer in model.program.layers {
      let isFrozen = layer.parameterNames.allSatisfy(frozen.contains) && !layer.parameterNames.isEmpty
      let isNamed = options.frozen.contains { Glob($0).matches(layer.name) }
      if isFrozen || isNamed { layers.insert(layer.name) }
    }
    let all = model.program.parameters.map(\.name)
    let trained = all.filter { !frozen.contains($0) && options.learningRate(of: $0) > 0 }
    names = trained
    frozenNames = all.filter { !trained.contains($0) }
    frozenLayers = layers
    guard !names.isEmpty else { throw TrainingError.nothingToTrain(frozen: options.frozen) }
    learningRates = names.map(options.learningRate(of:))
    tensors = try names.map { name in
      guard let tensor = model.parameters[name] else {
        throw ModelError.missingTensor(name: name, task: model.task)
      }
      return tensor
    }
    for name in all { try model.parameters[name]?.setRequiresGradient(trained.contains(name)) }
  }
}
