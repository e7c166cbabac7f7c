import Checkpoints
import Datasets
import Evaluation
import Findings
import Metrics
import Models
import Torch

/// What similarity says of networks about which the answer is known.
struct ControlsMeasure {
  /// A network as it would be without any training.
  let untrained: Model
  private let kind: SimilarityControls.Untrained

  init(_ models: ComparedModels) throws { (untrained, kind) = try Self.untrained(models) }

  /// The controls of each layer, on source examples.
  ///
  /// - Parameters:
  ///   - itself: the model before with itself.
  ///   - strange: with the untrained network.
  ///   - peers: the model after with those of other runs of the same fine-tuning.
  func controls(
    of layers: [String], itself: SimilarityMeasure.Result, strange: SimilarityMeasure.Result,
    peers: [SimilarityMeasure.Result]
  ) -> [String: SimilarityControls] {
    Dictionary(
      uniqueKeysWithValues: layers.map { layer in
        let mean = peers.reduce(0) { $0 + $1.similarity(layer).value } / Double(peers.count)
        return (
          layer,
          SimilarityControls(
            itself: itself.similarity(layer).value, untrained: strange.similarity(layer).value, untrainedKind: kind,
            otherRuns: peers.isEmpty ? nil : mean)
        )
      })
  }

  /// Normalized on the source's inputs: drawn anew where the program says how; otherwise each kernel's weights in random
  /// order.
  private static func untrained(
    _ models: ComparedModels
  ) throws -> (model: Model, kind: SimilarityControls.Untrained) {
    let (before, source) = (models.before, models.source)
    let isKnown = before.program.parameters.allSatisfy { $0.initialization != nil }
    let model =
      isKnown
      ? try Model(
        initializing: before.program, task: models.sourceTask, classNames: source.classNames, seed: 7,
        device: before.device)
      : try Model(before.checkpoint(epoch: 0), device: before.device)
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
    try model.reestimateNormalization(
      on: source.train, dataset: source.name, count: models.counts.untrained,
      processes: models.processes)
    return (model, isKnown ? .freshWeights : .randomOrder)
  }
}
