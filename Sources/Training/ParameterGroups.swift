import Models
import Programs
import Torch

/// The parameters that a run trains, in the program's order, then the adapters', then the source head's.
public struct TrainableParameters {
  /// The parameters' names; one of an earlier head has that of the target's namesake.
  public let names: [String]
  /// The parameters themselves, shared with the model and marked for differentiation.
  public let tensors: [Tensor]
  /// Peak learning rate of each.
  public let learningRates: [Double]
  /// Parameters that no stage trains.
  public let frozenNames: [String]
  /// Layers whose normalization and dropout stay in evaluation, in every stage.
  public let frozenLayers: Set<String>
  /// Low-rank changes of weights that are frozen otherwise.
  let adapters: LowRankAdapters?
  /// How many of the last ones are of earlier tasks' heads, trained beside the target's.
  let sourceHeadCount: Int
  /// The shapes of the parameters; of one that is in parts over several processes, that of the whole.
  public let shapes: [[Int]]
  /// What sums numbers of parameters that are in parts over processes; nil where each has all of every parameter.
  public let partSums: PartSums?

  /// How many weights a parameter has, in whole.
  func weightCount(_ index: Int) -> Int { shapes[index].reduce(1, *) }

  /// Whether a parameter belongs to an earlier task's head; its name is the target's namesake's.
  func isSourceHead(_ index: Int) -> Bool { index >= names.count - sourceHeadCount }

  /// Splits a model's parameters into trained and frozen and marks them for differentiation.
  ///
  /// - Parameter sourceHeads: heads of earlier tasks that are trained too, at the base learning rate.
  /// - Throws: `ProgramError` for a glob that matches nothing, ``TrainingError/nothingToTrain(frozen:)``,
  ///   ``TrainingError/nothingToAdapt(layers:)`` for adapters that fit nowhere.
  public init(of model: Model, options: TrainingOptions, sourceHeads: [Model.TaskHead] = []) throws {
    let program = model.program
    var frozen: Set<String> = []
    for pattern in options.frozen { frozen.formUnion(try program.parameterNames(matching: pattern)) }
    for rule in options.rateRules + options.decayRules { _ = try program.parameterNames(matching: rule.pattern) }
    let adapted = try options.adapters.map { try $0.parameterNames(of: program).filter { !frozen.contains($0) } } ?? []
    if options.trainsHeadOnly || options.adapters != nil {
      let head = Set(program.headParameterNames)
      guard !head.isEmpty else { throw ModelError.noClassifier(architecture: program.architecture) }
      frozen.formUnion(program.parameters.map(\.name).filter { !head.contains($0) })
    }
    let depths = program.depthFromHead
    func rate(_ name: String) -> Double { options.learningRate(of: name, depth: depths[name] ?? 0) }
    let all = program.parameters.map(\.name)
    let still = all.filter { frozen.contains($0) || rate($0) <= 0 }
    // Tied parameters are one tensor: trained once, under the first of their names, and not at all where one is frozen.
    var seen = Set(still.compactMap { model.parameters[$0].map(ObjectIdentifier.init) })
    let moving = all.filter { name in model.parameters[name].map { !seen.contains(ObjectIdentifier($0)) } ?? true }
    let trained = moving.filter { name in
      model.parameters[name].map { seen.insert(ObjectIdentifier($0)).inserted } ?? true
    }
    let adapters = try options.adapters.map {
      try LowRankAdapters($0, on: adapted, of: model, seed: options.seed)
    }
    self.adapters = adapters
    let factors = adapters?.factors ?? []
    let headTensors = sourceHeads.flatMap { $0.tensors.sorted { $0.key < $1.key } }
    sourceHeadCount = headTensors.count
    names = trained + factors.map(\.name) + headTensors.map(\.key)
    // What adapters change is not what is frozen.
    frozenNames = all.filter { !moving.contains($0) && adapters?.changes($0) != true }
    frozenLayers = program.frozenLayers(patterns: options.frozen, parameters: frozen)
    guard !trained.isEmpty || !factors.isEmpty else { throw TrainingError.nothingToTrain(frozen: options.frozen) }
    learningRates =
      trained.map(rate) + factors.map { rate($0.parameter) } + headTensors.map { _ in options.learningRate }
    let own = try trained.map { name in
      guard let tensor = model.parameters[name] else {
        throw ModelError.missingTensor(name: name, task: model.task)
      }
      return tensor
    }
    let moved = own + factors.map(\.tensor) + headTensors.map(\.value)
    tensors = moved
    shapes = moved.map { model.shape(of: $0) }
    partSums = model.sharding.map { sharding in
      PartSums(group: sharding.processes, isPart: moved.map { sharding.shape(of: $0) != nil })
    }
    for name in all { try model.parameters[name]?.setRequiresGradient(moving.contains(name)) }
    for tensor in factors.map(\.tensor) + headTensors.map(\.value) { try tensor.setRequiresGradient(true) }
  }
}

extension Program {
  /// The layers that run as in evaluation because they are frozen.
  ///
  /// - Parameters:
  ///   - patterns: globs over layers.
  ///   - parameters: the frozen parameters' names.
  func frozenLayers(patterns: [String], parameters frozen: Set<String>) -> Set<String> {
    let globs = patterns.map { Glob($0) }
    return Set(nodes.map(\.layer)).filter { layer in
      globs.contains { $0.matches(layer) } || isFrozen(layer, frozen: frozen)
    }
  }

  /// Whether all parameters of a layer are frozen; of the smallest module around it that has any, where it has none: the
  /// dropout of a frozen block is frozen with the block.
  private func isFrozen(_ layer: String, frozen: Set<String>) -> Bool {
    var path = layer
    while !path.isEmpty {
      let own = parameters.lazy.map(\.name).filter { $0.hasPrefix(path + ".") }
      if let first = own.first { return frozen.contains(first) && own.allSatisfy(frozen.contains) }
      path = Program.path(ofTensor: path)
    }
    return false
  }
}
