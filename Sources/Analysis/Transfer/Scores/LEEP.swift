import Foundation
import Torch

extension TransferScores {
  /// How well a source head's probabilities, taken as they are, predict the target's labels: the mean log-likelihood of
  /// the expected empirical prediction.
  ///
  /// `LEEP = 1/n Σᵢ log Σ_z P(yᵢ | z) θᵢ(z)`, where `θᵢ(z)` is the probability of source class `z` for example `i`, and
  /// `P(y | z) = Σ_{i: yᵢ = y} θᵢ(z) / Σᵢ θᵢ(z)`. A source class that no example has any probability of is left out.
  ///
  /// - Parameters:
  ///   - probabilities: `[examples, source classes]`, rows that sum to 1; computed in float64.
  ///   - labels: the target's, one an example.
  /// - Returns: nats, at most 0, which is reached where the source's prediction settles the label; never below what the
  ///   class sizes alone give, `Σ_y P(y) log P(y)`. With one-hot rows, ``nce(sourceLabels:labels:)``.
  /// - Throws: ``AnalysisError/notFinite(_:)``, ``AnalysisError/nothingToCompare(_:)`` without examples.
  /// - Complexity: O(examples · source classes · classes).
  ///
  /// It ranks source models for one target. It says nothing of single layers, and values of targets with other classes
  /// or class sizes cannot be compared.
  ///
  /// Nguyen, Hassner, Seeger, Archambeau, "LEEP: A New Measure to Evaluate Transferability of Learned Representations",
  /// ICML 2020.
  public static func leep(_ probabilities: Tensor, labels: [Int32]) throws -> Double {
    precondition(
      probabilities.shape.count == 2 && probabilities.shape[0] == labels.count,
      "probabilities of shape \(probabilities.shape) for \(labels.count) labels")
    guard !labels.isEmpty else { throw AnalysisError.nothingToCompare("no examples to score") }
    let source = try probabilities.to(.float64)
    guard try source.isFinite() else { throw AnalysisError.notFinite("the source head's output") }
    let classes = ClassIndicators(labels)
    return try withoutGradients {
      let joint = try classes.matrix(on: source.device).transposed().matrixProduct(source)  // [classes, source]
      // Where the mass is 0, so is what is divided by it.
      let mass = try source.sum(along: [0], keepsAxes: true).clamped(atLeast: .leastNormalMagnitude)
      let own = try joint.divide(mass).selecting(Tensor(classes.places, device: source.device), along: 0)
      let likelihoods = try source.multiply(own).sum(along: [1]).array(of: Double.self)
      return likelihoods.reduce(0) { $0 + log($1) } / Double(labels.count)
    }
  }
}
