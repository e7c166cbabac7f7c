import Checkpoints
import Datasets
import Metrics
import Models
import Torch

/// Where training stands, beside the tensors.
struct TrainingProgress: Codable, Equatable {
  /// Of the order of the examples.
  var random: RandomSource
  /// Optimizer steps done.
  var stepCount = 0
  /// The stage of unfreezing.
  var stage = 0
  /// The last stage that an epoch trained in; -1 before the first.
  var enteredStage = -1
  var unfreezingMeter = PlateauMeter()
  var rateMeter = PlateauMeter()
  /// What a plateau's schedule has made of the rates.
  var plateauFactor = 1.0
  /// Of each regularizer that draws.
  var regularizers: [RandomSource?] = []
  /// Nil but in float16.
  var lossScale: LossScale?

  init(random: RandomSource) { self.random = random }
}

extension Trainer {
  /// Moves to the stage that an epoch trains in.
  ///
  /// - Returns: the blocks that begin to train.
  func enterStage(of epoch: Int) throws -> [String] {
    let previous = progress.enteredStage
    let count = stages.stages.count
    progress.stage = TrainingStages.planned(options.unfreezing, epoch: epoch, count: count) ?? progress.stage
    try markWaiting()
    progress.enteredStage = progress.stage
    guard progress.stage > previous else { return [] }
    return stages.stages[(previous + 1)...progress.stage].flatMap(\.newBlocks)
  }

  /// Has only what trains in the present stage require gradients.
  func markWaiting() throws {
    guard options.unfreezing != .none else { return }
    for (index, tensor) in trainable.tensors.enumerated() {
      try tensor.setRequiresGradient(stages.entry[index] <= progress.stage)
    }
  }

  /// Takes what an epoch came to, for what waits for a plateau.
  func endEpoch(merit: Double) {
    if case .onPlateau(let patience) = options.unfreezing, progress.stage < stages.stages.count - 1,
      progress.unfreezingMeter.isPlateau(merit, patience: patience)
    {
      progress.stage += 1
    }
    if case .plateau(let patience, let factor) = options.schedule.shape,
      progress.rateMeter.isPlateau(merit, patience: patience)
    {
      progress.plateauFactor *= factor
    }
  }

  /// The factors of the adapters as they are now; nil without any.
  var adapterFactors: LowRankFactors? { get throws { try trainable.adapters?.stored() } }

  /// Runs `body` with the model as it is judged and stored: averages in place, adapters merged.
  func whileJudged<Result>(_ body: () throws -> Result) throws -> Result {
    func merged() throws -> Result {
      try trainable.adapters?.merge()
      return try body()
    }
    guard let average else { return try merged() }
    return try average.whileInPlace(merged)
  }
}

// MARK: - State

extension Trainer {
  /// Everything that a run needs to go on after an epoch, beside the epoch's checkpoint.
  ///
  /// - Returns: the progress, and tensors by name.
  func state() throws -> (progress: TrainingProgress, tensors: [String: Tensor]) {
    var tensors = optimizer.state
    if average != nil || trainable.adapters != nil {
      // The checkpoint has the averages and the merged weights.
      for (index, tensor) in trainable.tensors.enumerated() { tensors["trained.\(index)"] = tensor }
      if average != nil { for (name, buffer) in model.buffers { tensors["buffer.\(name)"] = buffer } }
    }
    tensors.merge(average?.state ?? [:]) { $1 }
    tensors["generator.cpu"] = try Generator(defaultOf: .cpu).state()
    if model.device.isCUDA { tensors["generator.device"] = try Generator(defaultOf: model.device).state() }
    var own = progress
    own.regularizers = []
    for (index, regularizer) in regularizers.enumerated() {
      let state = try regularizer.state
      own.regularizers.append(state.random)
      for (name, tensor) in state.tensors { tensors["regularizer.\(index).\(name)"] = tensor }
    }
    return (own, tensors)
  }

  /// Goes on from a state, the epoch's checkpoint in the model's tensors already.
  func restore(_ saved: TrainingProgress, _ tensors: [String: Tensor]) throws {
    try withoutGradients {
      progress = saved
      for (index, tensor) in trainable.tensors.enumerated() {
        if let stored = tensors["trained.\(index)"] { try tensor.copyInPlace(from: stored) }
      }
      for (name, buffer) in model.buffers {
        if let stored = tensors["buffer.\(name)"] { try buffer.copyInPlace(from: stored) }
      }
      try optimizer.restore(tensors)
      try average?.restore(tensors)
      for (index, regularizer) in regularizers.enumerated() {
        let prefix = "regularizer.\(index)."
        let own = tensors.filter { $0.key.hasPrefix(prefix) }
        try regularizer.restore(
          RegularizerState(
            tensors: Dictionary(uniqueKeysWithValues: own.map { (String($0.key.dropFirst(prefix.count)), $0.value) }),
            random: index < saved.regularizers.count ? saved.regularizers[index] : nil))
      }
      if let stored = tensors["generator.cpu"] { try Generator(defaultOf: .cpu).setState(stored.to(.cpu)) }
      // Another kind of device draws other numbers anyway: its generator goes on from the seed.
      if model.device.isCUDA, let stored = tensors["generator.device"] {
        try Generator(defaultOf: model.device).setState(stored.to(.cpu))
      }
    }
  }
}
