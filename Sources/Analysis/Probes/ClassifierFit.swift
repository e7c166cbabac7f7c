import Torch

/// Features that linear classifiers are fitted to: what does not depend on the labels is done once.
struct ClassifierFit {
  /// Penalties that are tried, each search beginning where the one before it ended.
  static let penalties = [1.0, 1e-1, 1e-2, 1e-3]
  private let all: PreparedFeatures
  /// The first four fifths of the examples, and where the others lie in their space; nil of too few to choose on.
  private let trial: (fitted: PreparedFeatures, held: Tensor)?
  private let fittedCount: Int

  /// - Parameter features: `[examples, width]`.
  init(_ features: Tensor) throws {
    let count = features.shape[0]
    let fittedCount = max(1, count * 4 / 5)
    self.fittedCount = fittedCount
    (all, trial) = try withoutGradients {
      let all = try PreparedFeatures(features)
      guard count >= 10 else { return (all, nil) }
      let fitted = try PreparedFeatures(features.narrowed(from: 0, count: fittedCount))
      let held = try features.narrowed(from: fittedCount, count: count - fittedCount)
      return (all, (fitted, try fitted.space.coordinates(of: held)))
    }
  }

  /// A regression whose penalty is chosen on a fifth of the examples, then fitted to all; and the accuracy on that fifth
  /// of the one that was chosen, NaN where there are too few to choose on.
  ///
  /// - Parameter labels: of each example, from 0.
  func regression(
    labels: [Int32], classCount: Int
  ) throws -> (regression: LogisticRegression, penalty: Double, heldOut: Double) {
    var best = (penalty: 1e-2, right: -1)
    if let trial {
      var last: LogisticRegression?
      for penalty in Self.penalties {
        let regression = try LogisticRegression(
          trial.fitted, labels: Array(labels[..<fittedCount]), classCount: classCount, penalty: penalty, iterations: 60,
          startingAt: last)
        let right = zip(try regression.predictions(atCoordinates: trial.held), labels[fittedCount...])
          .count { $0 == $1 }
        if right > best.right { best = (penalty, right) }
        last = regression
      }
    }
    let regression = try LogisticRegression(
      all, labels: labels, classCount: classCount, penalty: best.penalty, iterations: 100)
    let heldOut = best.right < 0 ? .nan : Double(best.right) / Double(labels.count - fittedCount)
    return (regression, best.penalty, heldOut)
  }
}
