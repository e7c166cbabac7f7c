import Datasets
import Models
import Torch

extension Trainer {
  /// The target's logits of a step, and the step as each regularizer sees it.
  struct ForwardPass {
    let logits: Tensor
    let steps: [TrainingStep]
  }

  /// One run of the network over the step's examples and all that regularizers put beside them.
  func forwardPass(_ batch: Batch) throws -> ForwardPass {
    let count = batch.indices.count
    let own = try batch.modelInputs(for: model)
    let others = try regularizers.map { try $0.examples(beside: count) }
    var inputs = own
    for other in others.compactMap({ $0 }) {
      inputs = try inputs.merging(other.modelInputs(for: model)) { try Tensor.concatenated([$0, $1]) }
    }
    let run = try model.run(
      inputs, mode: .training(exceptLayers: trainable.frozenLayers), capture: capturedLayers,
      capturesHeadInput: capturesHeadInput)
    let isMixed = others.contains { $0 != nil }
    let logits = isMixed ? try run.logits.narrowed(from: 0, count: count) : run.logits
    guard !regularizers.isEmpty else { return ForwardPass(logits: logits, steps: []) }

    let features = isMixed ? try run.features.mapValues { try $0.narrowed(from: 0, count: count) } : run.features
    let headInput = isMixed ? try run.headInput?.narrowed(from: 0, count: count) : run.headInput
    var start = count
    let steps = try others.map { other in
      let replayed = try other.map { batch in
        let rows = try run.headInput?.narrowed(from: start, count: batch.indices.count)
        start += batch.indices.count
        return TrainingStep.Replayed(batch: batch, headInput: rows)
      }
      return TrainingStep(
        model: model, batch: batch, inputs: own, logits: logits, features: features, headInput: headInput,
        replayed: replayed)
    }
    return ForwardPass(logits: logits, steps: steps)
  }

  /// The gradients of the task's loss and the regularizers' terms together, one a trainable parameter.
  ///
  /// Where the step is measured, each term is differentiated by itself, and each pull is tried on zeros.
  func gradients(of loss: Tensor, _ terms: [Tensor?], isMeasured: Bool) throws -> [Tensor] {
    let weights = trainable.tensors
    guard isMeasured else {
      let total = try terms.compactMap { $0 }.reduce(loss) { try $0.add($1) }
      return try filled(try total.gradients(of: weights))
    }
    let task = try loss.gradients(of: weights, keepsGraph: true)
    var sum = task
    for (index, term) in terms.enumerated() {
      var own = [Tensor?](repeating: nil, count: weights.count)
      // A term that only frozen layers take part in is a number.
      if let term, term.requiresGradient {
        own = try term.gradients(of: weights, keepsGraph: true)
        sum = try zip(sum, own).map { try added($0, $1) }
      }
      let pull = try filled(Array(repeating: nil, count: weights.count))
      try regularizers[index].addEquivalentGradient(to: pull)
      own = try zip(own, pull).map { try added($0, $1) }
      try meter.addGradients(own, task: task, of: index)
      meter.setShare(try regularizers[index].sharePerStep(), of: index)
    }
    return try filled(sum)
  }

  private func added(_ first: Tensor?, _ second: Tensor?) throws -> Tensor? {
    guard let first, let second else { return first ?? second }
    return try withoutGradients { try first.add(second) }
  }

  private func filled(_ gradients: [Tensor?]) throws -> [Tensor] {
    try zip(gradients, trainable.tensors).map { gradient, weight in
      try gradient ?? Tensor.zeros(weight.shape, type: weight.type ?? .float32, device: weight.device)
    }
  }
}
