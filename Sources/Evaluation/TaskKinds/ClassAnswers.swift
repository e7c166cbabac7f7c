import Datasets
import Foundation
import Metrics
import Torch

/// Answers with a class each, and what was right: what a model's confidence is judged by.
public struct ClassAnswers {
  /// Scores of classes, of which the softmax is the model's probabilities, `[answers, classes]`, float64.
  let scores: Tensor
  /// The right class of each answer, `[answers]`, int64.
  let labels: Tensor
  /// How many answers each example has, in their order; nil where each has one.
  public let counts: [Int]?

  /// - Parameters:
  ///   - scores: `[answers, classes]`, of any floating type.
  ///   - labels: `[answers]`, int64.
  ///   - counts: how many answers each example has; nil where each has one.
  public init(scores: Tensor, labels: Tensor, counts: [Int]? = nil) throws {
    self.scores = try scores.to(.float64)
    self.labels = labels
    self.counts = counts
  }

  /// Of places that have an answer each, some of which do not count.
  ///
  /// - Parameters:
  ///   - places: `[batch, places, classes]`.
  ///   - labels: `[batch, places]`, ``Datasets/Dataset/ignoredLabel`` where none counts.
  init(places: Tensor, labels: Tensor) throws {
    let (length, classes) = (labels.shape[1], try labels.array(of: Int64.self))
    let counted = classes.indices.filter { classes[$0] != Int64(Dataset.ignoredLabel) }
    var counts = [Int](repeating: 0, count: labels.shape[0])
    for place in counted { counts[place / length] += 1 }
    let chosen = try Tensor(counted.map(Int64.init), device: places.device)
    try self.init(
      scores: places.reshaped([-1, places.shape[2]]).selecting(chosen, along: 0),
      labels: labels.reshaped([-1]).selecting(chosen, along: 0), counts: counts)
  }

  /// What each example adds to how much confidence is worth.
  public func sums() throws -> ConfidenceSums {
    guard labels.count > 0 else {
      return ConfidenceSums(losses: [], brierScores: [], confidences: [], isRight: [], counts: counts)
    }
    let said = try scores.argmax(along: 1)
    func losses(_ classes: Tensor) throws -> [Double] {
      try scores.crossEntropy(with: classes, reduction: .none).array(of: Double.self)
    }
    let (ofRight, ofSaid) = (try losses(labels), try losses(said))
    let squares = try scores.softmax(along: 1).squared().sum(along: [1]).array(of: Double.self)
    let (right, answers) = (try labels.array(of: Int64.self), try said.array(of: Int64.self))
    return ConfidenceSums(
      losses: ofRight, brierScores: zip(squares, ofRight).map { $0 - 2 * exp(-$1) + 1 },
      confidences: ofSaid.map { exp(-$0) }, isRight: zip(right, answers).map(==), counts: counts)
  }

  /// The probabilities, as rows.
  public func calibration() throws -> Calibration {
    Calibration(
      classCount: scores.shape[1], probabilities: try scores.softmax(along: 1).array(of: Double.self),
      labels: try labels.array(of: Int64.self).map(Int.init))
  }
}
