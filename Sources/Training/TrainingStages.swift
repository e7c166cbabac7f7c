import Models
import Programs

/// What trains for a while: everything, or the blocks that gradual unfreezing has come to.
struct TrainingStage {
  /// The blocks that begin to train with it; empty where everything trains from the start.
  let newBlocks: [String]
  /// Parameters that do not train yet, beside those that never do.
  let waitingNames: Set<String>
  /// Layers whose normalization and dropout stay in evaluation.
  let frozenLayers: Set<String>
}

/// The stages of a run, one after the other, each with all that trained before.
struct TrainingStages {
  let stages: [TrainingStage]
  /// For each trainable parameter, the stage it begins to train with.
  let entry: [Int]

  /// - Throws: `ModelError` where unfreezing has no head to begin with.
  init(_ unfreezing: Unfreezing, of model: Model, _ trainable: TrainableParameters, frozenPatterns: [String]) throws {
    let program = model.program
    guard unfreezing != .none else {
      stages = [TrainingStage(newBlocks: [], waitingNames: [], frozenLayers: trainable.frozenLayers)]
      entry = trainable.names.map { _ in 0 }
      return
    }
    let names = Set(trainable.names)
    let blocks = program.blocks.reversed().filter { !names.isDisjoint(with: $0.parameterNames) }
    let headNames = Set(program.headParameterNames)
    let heads = blocks.prefix { block in block.parameterNames.allSatisfy(headNames.contains) }
    let others = Array(blocks.dropFirst(heads.count))
    guard !heads.isEmpty else { throw ModelError.noClassifier(architecture: program.architecture) }
    let groups: [[Program.Block]] =
      if case .afterProbe = unfreezing { [Array(heads), others] } else { [Array(heads)] + others.map { [$0] } }
    var stageOfName: [String: Int] = [:]
    for (stage, group) in groups.enumerated() {
      for name in group.flatMap(\.parameterNames) { stageOfName[name] = stage }
    }
    stages = groups.enumerated().map { stage, group in
      let waiting = names.filter { stageOfName[$0, default: 0] > stage }
      return TrainingStage(
        newBlocks: group.map(\.name), waitingNames: waiting,
        frozenLayers: program.frozenLayers(
          patterns: frozenPatterns, parameters: waiting.union(trainable.frozenNames)))
    }
    entry = trainable.names.indices.map { index in
      trainable.isSourceHead(index) ? 0 : stageOfName[trainable.names[index], default: 0]
    }
  }

  /// The stage of an epoch where it is a matter of counting; nil where a plateau decides.
  static func planned(_ unfreezing: Unfreezing, epoch: Int, count: Int) -> Int? {
    switch unfreezing {
    case .none: 0
    case .every(let epochs): min((epoch - 1) / epochs, count - 1)
    case .afterProbe(let epochs): epoch <= epochs ? 0 : count - 1
    case .onPlateau: nil
    }
  }
}
