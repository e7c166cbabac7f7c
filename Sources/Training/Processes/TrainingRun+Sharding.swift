import Checkpoints
import Models
import Torch

extension TrainingRun {
  /// The model of a checkpoint; where weights are sharded, with this process's parts of them.
  func model(_ checkpoint: Checkpoint) throws -> Model {
    let isSharded = options.shardsWeights ?? false
    let sharding = isSharded ? processes.map { Sharding(over: $0, device: device) } : nil
    return try Model(checkpoint, device: device, sharding: sharding)
  }

  /// - Throws: ``TrainingError/nothingToShardOver`` for a process by itself. One that goes on with a run may be one.
  func checkSharding() throws {
    guard options.shardsWeights ?? false else { return }
    guard processes != nil else { throw TrainingError.nothingToShardOver }
    try options.checkSharding()
  }
}

extension TrainingOptions {
  /// - Throws: ``TrainingError`` for what needs whole weights, where each process has parts alone.
  func checkSharding() throws {
    if adapters != nil {
      throw TrainingError.contradiction(.shardsWeights, .adapters, reason: "leaves no process a whole weight to change")
    }
    if stopRule != nil {
      throw TrainingError.contradiction(.shardsWeights, .stopRule, reason: "keeps no weights to go back to")
    }
    let able = RegularizerKind.all.filter(\.worksOnParts).map(\.name)
    if let other = regularizers.first(where: { !able.contains($0.kind) }) {
      throw TrainingError.needsWholeWeights(regularizer: other.kind, able: able)
    }
  }
}
