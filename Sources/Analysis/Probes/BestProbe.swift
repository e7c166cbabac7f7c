import Datasets
import Evaluation
import Metrics
import Models
import Torch

extension Model {
  /// The accuracy on test examples of a linear classifier on the layer that suits a task best.
  ///
  /// The layer is the one whose classifier does best on a fifth of the training examples, which it was not fitted to; of
  /// equals the later one. Then it is fitted to all of them.
  ///
  /// - Parameters:
  ///   - layers: by name, from the input on; those without an output an example are left out.
  /// - Returns: nil where no layer can be probed.
  func bestProbeAccuracy(
    of layers: [String], train: Split, test: Split, dataset: String, classCount: Int
  ) throws -> Double? {
    let features = try features(of: layers, on: train, dataset: dataset)
    var best: (layer: String, regression: LogisticRegression, heldOut: Double)?
    for layer in layers {
      guard let own = features[layer] else { continue }
      let (regression, _, heldOut) = try ClassifierFit(own).regression(labels: train.labels, classCount: classCount)
      if best == nil || !(heldOut < best?.heldOut ?? -1) { best = (layer, regression, heldOut) }
    }
    guard let best else { return nil }
    // Piece by piece: the features of a whole test split may be large.
    var right = 0
    for start in stride(from: 0, to: test.count, by: 1000) {
      let part = test.selecting(Array(start..<min(start + 1000, test.count)))
      guard let judged = try self.features(of: [best.layer], on: part, dataset: dataset)[best.layer] else { return nil }
      right += zip(try best.regression.predictions(judged), part.labels).count { $0 == $1 }
    }
    return Double(right) / Double(test.count)
  }

  /// Likewise of a task of any kind: the score of the layer's map that does best on the fifth.
  func bestProbeScore(of layers: [String], on data: KindProbeData) throws -> Double? {
    let rows = try ProbeRows(of: layers, in: self, on: data)
    var best: (layer: String, map: LinearMap, merit: Double)?
    for layer in rows.layers {
      let fit = try rows.fit(rows.prepared(layer), classCount: data.classCount)
      if best == nil || !(fit.heldOutMerit < best?.merit ?? 0) { best = (layer, fit.map, fit.heldOutMerit) }
    }
    guard let best else { return nil }
    return try judged([(best.layer, best.map)], on: data)[0]?.score
  }
}
