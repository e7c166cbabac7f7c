import Torch

/// Features that linear classifiers are fitted to: what does not depend on the labels is done once.
struct ClassifierFit {
  /// Penalties that are tried, each search beginning where the one before it ended.
  static let penalties = [1.0, 1e-1, 1e-2, 1e-3]
  private let all: PreparedFeatures
  /// How many of the first examples trials of a penalty are fitted to: four fifths.
  private let fittedCount: Int
  /// Too few to choose on are not divided.
  private static let leastDivided = 10

  /// - Parameter features: `[examples, width]`.
  init(_ features: Tensor) throws {
    fittedCount = max(1, features.shape[0] * 4 / 5)
    all = try withoutGradients { try PreparedFeatures(features) }
  }

  /// A regression whose penalty is chosen on a fifth of the examples, then fitted to all from where the trial with that
  /// penalty ended; all in one space, in which the fifth has a part by its features alone. And the accuracy on that fifth
  /// of the one that was chosen, NaN where there are too few to choose on.
  ///
  /// - Parameter labels: of each example, from 0.
  func regression(
    labels: [Int32], classCount: Int
  ) throws -> (regression: LogisticRegression, penalty: Double, heldOut: Double) {
    var best: (regression: LogisticRegression?, penalty: Double, right: Int) = (nil, 1e-2, -1)
    if labels.count >= Self.leastDivided {
      let (fitted, held) = try withoutGradients {
        (try all.selecting(0..<fittedCount), try all.selecting(fittedCount..<labels.count).values)
      }
      var last: LogisticRegression?
      for penalty in Self.penalties {
        let regression = try LogisticRegression(
          fitted, labels: Array(labels[..<fittedCount]), classCount: classCount, penalty: penalty, iterations: 60,
          startingAt: last, slope: LogisticRegression.trialSlope(classCount: classCount))
        let right = zip(try regression.predictions(atCoordinates: held), labels[fittedCount...]).count { $0 == $1 }
        if right > best.right { best = (regression, penalty, right) }
        last = regression
      }
    }
    let regression = try LogisticRegression(
      all, labels: labels, classCount: classCount, penalty: best.penalty, iterations: 100, startingAt: best.regression)
    let heldOut = best.right < 0 ? .nan : Double(best.right) / Double(labels.count - fittedCount)
    return (regression, best.penalty, heldOut)
  }
}
