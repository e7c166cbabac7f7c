import Checkpoints
import Datasets
import Evaluation
import Metrics
import Models
import Torch
import Training

/// What a measure says of networks about which the answer is known.
public struct SimilarityControls: Sendable {
  /// CKA of each layer before with itself: 1, or something is wrong with the measure.
  public let itself: [String: Double]
  /// With a network that was never trained: how alike layers are for their architecture and inputs alone.
  public let random: [String: Double]
  /// Of the model after with other runs of the same fine-tuning, the mean over these: what a seed alone changes. Empty
  /// without other runs.
  public let otherRuns: [String: Double]
  /// How the random network was made.
  public let randomKind: String
}

extension JudgedPair {
  /// A network as it would be without any training, normalized on the source's inputs: drawn anew where the program says
  /// how; otherwise each kernel's weights in random order.
  func randomNetwork() throws -> (model: Model, kind: String) {
    let checkpoint = try before.checkpoint(epoch: 0)
    let isKnown = before.program.parameters.allSatisfy { $0.initialization != nil }
    let model =
      isKnown
      ? try Model(
        initializing: before.program, task: sourceTask, classNames: source.classNames, seed: 7, device: before.device)
      : try Model(checkpoint, device: before.device)
    model.preprocessing = before.preprocessing
    if !isKnown {
      var random = RandomSource(seed: 7)
      try withoutGradients {
        for specification in before.program.parameters where specification.shape.count >= 2 {
          guard let tensor = model.parameters[specification.name] else { continue }
          let order = try Tensor(random.permutation(count: tensor.count).map(Int64.init), device: tensor.device)
          try tensor.copyInPlace(from: tensor.reshaped([-1]).selecting(order, along: 0).reshaped(tensor.shape))
        }
      }
    }
    try model.reestimateNormalization(on: source.train, dataset: source.name, count: 2000)
    return (model, isKnown ? "fresh weights" : "weights in random order")
  }

  /// Measures the controls on source examples.
  ///
  /// - Parameter others: models after, of other runs of the same fine-tuning.
  func controls(of layers: [String], others: [Model], random: Model, kind: String, sampleCount: Int) throws
    -> SimilarityControls
  {
    func similarity(_ a: Model, _ b: Model) throws -> [String: Double] {
      try self.similarity(of: layers, a, b, sampleCount: sampleCount).mapValues(\.value)
    }
    let peers = try others.map { try similarity(after, $0) }
    var means: [String: Double] = [:]
    for layer in layers where !peers.isEmpty {
      means[layer] = peers.reduce(0) { $0 + ($1[layer] ?? .nan) } / Double(peers.count)
    }
    return SimilarityControls(
      itself: try similarity(before, before), random: try similarity(before, random), otherRuns: means,
      randomKind: kind)
  }
}
