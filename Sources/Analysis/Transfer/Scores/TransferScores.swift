import Checkpoints
import Datasets
import Models
import Torch

/// What can be said of a network's layers for a target without training it.
///
/// None of the scores predicts an accuracy: they rank. Compare layers, or networks, on the same ``ProbeData``.
public struct TransferScores: Sendable {
  /// What a layer's features on the target's examples say.
  public struct Layer: Sendable {
    /// The layer, by its name in the program.
    public let name: String
    /// Accuracy of a linear probe on the test examples, a fraction.
    public let probe: Double
    /// ``TransferScores/logME(_:labels:)`` of the training examples.
    public let logME: Double
    /// ``HScore`` of the training examples: of all layers shrunk where one of them has to be, so that they compare.
    public let hScore: Double
    /// Whether the covariance under ``hScore`` is shrunk, as it is for all layers or for none.
    ///
    /// A shrunk H-score is no number to set beside a plain one.
    public let hScoreIsShrunk: Bool
  }

  /// In the order asked for; layers without one output an example are left out.
  public let layers: [Layer]
  /// ``leep(_:labels:)`` of the training examples; nil where the model has no head that was trained on a source task.
  public let leep: Double?
  /// ``nce(sourceLabels:labels:)`` of the training examples; likewise nil.
  public let nce: Double?
}

extension Model {
  /// Scores layers, and the source head, for a target that the model was not trained on.
  ///
  /// The training examples pass through the model once, for probes, scores and the head alike; the test examples, which
  /// judge the probes, once.
  ///
  /// - Parameters:
  ///   - layers: the head itself may be among them: it is then the source's.
  ///   - data: examples of the target.
  ///   - sourceTask: the head that LEEP and NCE judge; the one in place when nil, unless it was never trained.
  /// - Throws: `ModelError/missingHead` for a head that the model lacks, ``AnalysisError/notFinite(_:)`` for a layer
  ///   whose output is not, and the errors of running the model.
  public func transferScores(
    of layers: [String], on data: ProbeData, sourceTask: String? = nil
  ) throws -> TransferScores {
    let source = sourceTask ?? task
    guard source != Checkpoint.untrainedTask, sourceTask != nil || heads[source] != nil else {
      return try scores(of: layers, on: data, judgesHead: false)
    }
    return try withHead(of: source) { try scores(of: layers, on: data, judgesHead: true) }
  }

  private func scores(of layers: [String], on data: ProbeData, judgesHead: Bool) throws -> TransferScores {
    let train = try capture(layers, on: data.train, dataset: data.dataset)
    let test = try features(of: layers, on: data.test, dataset: data.dataset)
    let labels = data.train.labels
    let logits = judgesHead ? train.logits : nil
    let isShrunk = train.features.values.contains {
      HScore.needsShrinking(exampleCount: labels.count, width: $0.shape[1])
    }
    return TransferScores(
      layers: try layers.compactMap { layer in
        guard let features = train.features[layer], let judged = test[layer] else { return nil }
        guard try features.isFinite() else { throw AnalysisError.notFinite("the output of layer '\(layer)'") }
        let hScore = try HScore(features, labels: labels, isShrunk: isShrunk)
        return TransferScores.Layer(
          name: layer, probe: try LinearProbe(layer: layer, ClassifierFit(features), test: judged, on: data).accuracy,
          logME: try TransferScores.logME(features, labels: labels), hScore: hScore.value,
          hScoreIsShrunk: hScore.isShrunk)
      },
      leep: try logits.map { try TransferScores.leep($0.to(.float64).softmax(along: 1), labels: labels) },
      nce: try logits.map {
        try TransferScores.nce(
          sourceLabels: try $0.argmax(along: 1).array(), labels: labels)
      })
  }
}
