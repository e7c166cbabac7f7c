import Datasets
import Evaluation
import Models
import Torch

extension Trainer {
  /// What a batch adds to a step's loss.
  struct Losses {
    /// The task's, scaled by the batch's share of the step.
    let task: Tensor
    let value: PendingNumber
    /// What each regularizer adds, scaled by the batch's share of the examples; a sum over examples is as it is.
    let terms: [Tensor?]
    let penalties: [PendingNumber]
  }

  /// The losses on one of a step's batches, with their graphs.
  ///
  /// - Parameters:
  ///   - part: what of the batch this process has.
  ///   - share: of the step's examples, each weighed by its class: the task's loss is a mean over these.
  ///   - batchShare: the whole batch's of the step's examples, all alike: regularizers know no weights of classes.
  func losses(on batch: Batch, _ part: BatchPart, share: Double, batchShare: Double) throws -> Losses {
    func scaled(_ loss: Tensor, _ share: Double) throws -> Tensor { share == 1 ? loss : try loss.multiply(by: share) }
    return try withMixedPrecision(on: model.device, in: options.precision.type) {
      let forward = try forwardPass(batch, part)
      let loss = try scaled(
        kind.loss(
          of: kind.widensOutputs ? forward.outputs : forward.outputs.widened(), labels: batch.labels,
          settings: lossSettings), share)
      let terms = try zip(regularizers, forward.steps).map { regularizer, step in
        let own = step.replayed?.part.map { $0.share * $0.weight } ?? part.share * part.weight
        return try regularizer.loss(of: step).map {
          try scaled($0, regularizer.sumsOverExamples ? part.weight : batchShare * own)
        }
      }
      return Losses(
        task: loss, value: PendingNumber(of: try loss.detached()), terms: terms,
        penalties: try terms.map { try $0.map { PendingNumber(of: try $0.detached()) } ?? PendingNumber(0) })
    }
  }

  /// The target's outputs of a step, and the step as each regularizer sees it.
  struct ForwardPass {
    /// In bfloat16 where the network computes in that.
    let outputs: Tensor
    let steps: [TrainingStep]
  }

  /// One run of the network over the step's examples and all that regularizers put beside them.
  func forwardPass(_ batch: Batch, _ part: BatchPart) throws -> ForwardPass {
    let count = batch.indices.count
    let own = try batch.modelInputs(for: network)
    let drawn = try regularizers.map { try self.part(ofDrawn: $0.examples(beside: part.batchCount)) }
    let others = drawn.map { $0?.batch }
    var inputs = own
    for other in others.compactMap({ $0 }) {
      inputs = try inputs.merging(other.modelInputs(for: network)) { try Tensor.concatenated([$0, $1]) }
    }
    let substitutes = try trainable.adapters?.substitutes()
    let run = try SharedStatistics.$current.withValue(statistics(of: part, count, beside: drawn)) {
      try network.run(
        inputs, mode: .training(exceptLayers: stage.frozenLayers), capture: capturedLayers,
        capturesHeadInput: capturesHeadInput, replacing: substitutes?.kernels ?? [:],
        changing: substitutes?.changes ?? [:], recomputesActivations: recomputesActivations)
    }.featuresInFloat32(options.precision != .float32)
    let isMixed = others.contains { $0 != nil }
    let outputs = isMixed ? try run.logits.narrowed(from: 0, count: count) : run.logits
    guard !regularizers.isEmpty else { return ForwardPass(outputs: outputs, steps: []) }

    let features = isMixed ? try run.features.mapValues { try $0.narrowed(from: 0, count: count) } : run.features
    let headInput = isMixed ? try run.headInput?.narrowed(from: 0, count: count) : run.headInput
    var start = count
    let steps = try drawn.map { other in
      let replayed = try other.map { batch, part in
        let size = batch.indices.count
        let rows = try run.headInput?.narrowed(from: start, count: size)
        let outputs = try run.logits.narrowed(from: start, count: size)
        start += size
        return TrainingStep.Replayed(batch: batch, headInput: rows, outputs: outputs, part: part)
      }
      return TrainingStep(
        model: model, batch: batch, inputs: own, outputs: outputs, features: features, headInput: headInput,
        replayed: replayed, part: part, processes: processes)
    }
    return ForwardPass(outputs: outputs, steps: steps)
  }

  /// The gradients of the task's loss and the regularizers' terms together, one a trainable parameter; in float16 of the
  /// scaled loss.
  ///
  /// Where the step is measured, each term is differentiated by itself, and each pull is tried on zeros.
  func gradients(of loss: Tensor, _ terms: [Tensor?], isMeasured: Bool) throws -> [Tensor] {
    let weights = trainable.tensors
    guard isMeasured else {
      let total = try terms.compactMap { $0 }.reduce(loss) { try $0.add($1) }
      return try filled(try slopes(of: total))
    }
    let task = try slopes(of: loss, keepsGraph: true)
    var sum = task
    let wholeTask = try together(task)
    for (index, term) in terms.enumerated() {
      var own = [Tensor?](repeating: nil, count: weights.count)
      // A term that only frozen layers take part in is a number.
      if let term, term.requiresGradient {
        own = try slopes(of: term, keepsGraph: true)
        sum = try zip(sum, own).map { try added($0, $1) }
        own = try together(own)
      }
      let pull = try filled(Array(repeating: nil, count: weights.count))
      try regularizers[index].addEquivalentGradient(to: pull)
      own = try zip(own, pull).map { try added($0, scaled($1)) }
      try meter.addGradients(own, task: wholeTask, of: index, partSums: trainable.partSums)
      meter.setShare(try regularizers[index].sharePerStep(), of: index)
    }
    return try filled(sum)
  }

  /// A loss as it is differentiated: in float16 times the scale.
  func scaled(_ loss: Tensor) throws -> Tensor {
    try progress.lossScale.map { try loss.multiply(by: $0.value) } ?? loss
  }

  /// The gradients by the trainable parameters; nil for those that wait for their stage.
  private func slopes(of loss: Tensor, keepsGraph: Bool = false) throws -> [Tensor?] {
    let loss = try scaled(loss)
    do {
      guard !stage.waitingNames.isEmpty else {
        return try loss.gradients(of: trainable.tensors, keepsGraph: keepsGraph)
      }
      var result = [Tensor?](repeating: nil, count: trainable.tensors.count)
      let active = result.indices.filter { stages.entry[$0] <= progress.stage }
      let found = try loss.gradients(of: active.map { trainable.tensors[$0] }, keepsGraph: keepsGraph)
      for (index, gradient) in zip(active, found) { result[index] = gradient }
      return result
    } catch { throw ProcessGroup.failure(within: error) }
  }

  private func added(_ first: Tensor?, _ second: Tensor?) throws -> Tensor? {
    guard let first, let second else { return first ?? second }
    return try withoutGradients { try first.add(second) }
  }

  func filled(_ gradients: [Tensor?]) throws -> [Tensor] {
    try zip(gradients, trainable.tensors).map { gradient, weight in
      try gradient ?? Tensor.zeros(weight.shape, type: weight.type ?? .float32, device: weight.device)
    }
  }
}

extension Model.Result {
  /// With what was captured in float32 where it was computed in less. Outputs, which may be large, are widened by those
  /// that read them.
  fileprivate func featuresInFloat32(_ isNeeded: Bool) throws -> Model.Result {
    guard isNeeded else { return self }
    var result = self
    result.features = try features.mapValues { try $0.widened() }
    result.headInput = try headInput.map { try $0.widened() }
    return result
  }
}
