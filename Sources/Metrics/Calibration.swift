import Foundation

/// Probabilities of classes beside what was right: whether a model's confidence is what it is worth.
public struct Calibration: Sendable, Equatable {
  /// How many classes there are.
  public let classCount: Int
  /// A row of probabilities an example, `[examples, classes]`.
  public let probabilities: [Double]
  /// The right class of each example.
  public let labels: [Int]
  /// Bins of confidence of equal width, as torchmetrics has them by itself.
  public static let standardBinCount = 15

  /// - Parameters: see the properties; traps where they are not of one size.
  public init(classCount: Int, probabilities: [Double], labels: [Int]) {
    precondition(
      classCount > 0 && probabilities.count == labels.count * classCount
        && labels.allSatisfy { (0..<classCount).contains($0) },
      "\(probabilities.count) probabilities of \(classCount) classes, \(labels.count) labels")
    self.classCount = classCount
    self.probabilities = probabilities
    self.labels = labels
  }

  /// The mean over examples of `−ln p` of the right class, in nats; infinite where one has the probability 0, and NaN of
  /// none.
  public var negativeLogLikelihood: Double {
    mean(labels.enumerated().map { -log(probabilities[$0 * classCount + $1]) })
  }

  /// The mean over examples of the squared distance from what was right, `Σ_k (p_k − [k is right])²`; from 0 to 2.
  ///
  /// Brier, "Verification of forecasts expressed in terms of probability", Monthly Weather Review 78, 1950.
  public var brierScore: Double { mean(labels.enumerated().map(brierScore)) }

  /// How far confidence is from accuracy: of the likeliest class, by bins of its probability.
  public func expectedCalibrationError(binCount: Int = standardBinCount) -> Double {
    let likeliest = likeliest
    return Metrics.expectedCalibrationError(
      confidences: likeliest.map(\.confidence), isRight: likeliest.map(\.isRight), binCount: binCount)
  }

  /// What each answer adds to the figures.
  ///
  /// - Parameter counts: how many answers each example has, in their order; nil where each has one.
  public func sums(counts: [Int]? = nil) -> ConfidenceSums {
    let (likeliest, classes) = (likeliest, classCount)
    return ConfidenceSums(
      losses: labels.enumerated().map { -log(probabilities[$0 * classes + $1]) },
      brierScores: labels.enumerated().map(brierScore), confidences: likeliest.map(\.confidence),
      isRight: likeliest.map(\.isRight), counts: counts)
  }

  /// The first of the likeliest classes of each answer: its probability, and whether it is right.
  private var likeliest: [(confidence: Double, isRight: Bool)] {
    labels.indices.map { row in
      let own = probabilities[(row * classCount)..<((row + 1) * classCount)]
      var best = own.startIndex
      for place in own.indices where own[place] > own[best] { best = place }
      return (own[best], best - own.startIndex == labels[row])
    }
  }

  private func brierScore(of row: Int, label: Int) -> Double {
    (0..<classCount).reduce(0.0) { sum, number in
      let distance = probabilities[row * classCount + number] - (number == label ? 1 : 0)
      return sum + distance * distance
    }
  }

  /// The temperature T by which `softmax(ln p / T)` has the least negative log-likelihood, and what that is.
  ///
  /// Above 1 the model is too sure, below 1 not sure enough. With β = 1/T the likelihood is convex in β; its derivative, the
  /// mean of `E[ln p] − ln p_right` under the softmax, is brought to 0 by bisection. A probability of 0 is taken for the
  /// least positive normal number.
  ///
  /// - Returns: nil where no T is best: every right class is the likeliest, or none says anything of it. T is looked for
  ///   between 1/50 and 1000.
  ///
  /// Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, section 4.2.
  public var fittedTemperature: (temperature: Double, negativeLogLikelihood: Double)? {
    guard !labels.isEmpty else { return nil }
    let logs = probabilities.map { log(max($0, .leastNormalMagnitude)) }
    var (low, high) = (1e-3, 50.0)
    guard likelihood(of: logs, inverse: low).slope < 0, likelihood(of: logs, inverse: high).slope > 0 else {
      return nil
    }
    for _ in 0..<80 {
      let middle = (low + high) / 2
      if likelihood(of: logs, inverse: middle).slope < 0 { low = middle } else { high = middle }
    }
    let inverse = (low + high) / 2
    return (1 / inverse, likelihood(of: logs, inverse: inverse).loss)
  }

  /// The negative log-likelihood at 1/T, and its derivative.
  private func likelihood(of logs: [Double], inverse: Double) -> (loss: Double, slope: Double) {
    var (loss, slope) = (0.0, 0.0)
    for (row, label) in labels.enumerated() {
      let own = logs[(row * classCount)..<((row + 1) * classCount)]
      let right = own[own.startIndex + label]
      let greatest = own.max() ?? 0
      var (total, weighted) = (0.0, 0.0)
      for value in own {
        let weight = exp(inverse * (value - greatest))
        total += weight
        weighted += weight * value
      }
      loss += log(total) + inverse * (greatest - right)
      slope += weighted / total - right
    }
    return (loss / Double(labels.count), slope / Double(labels.count))
  }
}

/// How far confidence is from accuracy: `Σ_b n_b / n · |accuracy_b − confidence_b|` over bins b of confidence of equal width.
///
/// A bin has its lower edge and not its upper one; a confidence of 1 is a bin of its own, as torchmetrics has it. The figure
/// is above 0 of a few examples even where confidence is what it should be.
///
/// - Parameters:
///   - confidences: the probability of what is said of each example.
///   - isRight: whether that is right.
/// - Returns: from 0 to 1; NaN of no examples.
///
/// Naeini, Cooper, Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian Binning", AAAI 2015.
public func expectedCalibrationError(
  confidences: [Double], isRight: [Bool], binCount: Int = Calibration.standardBinCount
) -> Double {
  precondition(confidences.count == isRight.count, "\(confidences.count) confidences of \(isRight.count) examples")
  guard !confidences.isEmpty else { return .nan }
  let edges = confidenceEdges(binCount)
  var gaps = [Double](repeating: 0, count: binCount + 1)
  for (confidence, isRight) in zip(confidences, isRight) {
    gaps[confidenceBin(of: confidence, edges)] += confidence - (isRight ? 1 : 0)
  }
  return gaps.reduce(0) { $0 + abs($1) } / Double(confidences.count)
}

/// The edges of bins as torch.linspace has them, so that what stands on one falls into the same bin.
private func confidenceEdges(_ binCount: Int) -> [Double] {
  let step = 1 / Double(binCount)
  return (0...binCount).map { (edge: Int) -> Double in
    edge <= binCount / 2 ? Double(edge) * step : 1 - step * Double(binCount - edge)
  }
}

private let standardEdges = confidenceEdges(Calibration.standardBinCount)

/// The bin of a confidence, the last of a confidence of 1.
func confidenceBin(of confidence: Double) -> Int { confidenceBin(of: confidence, standardEdges) }

private func confidenceBin(of confidence: Double, _ edges: [Double]) -> Int {
  max(0, (edges.firstIndex { $0 > confidence } ?? edges.count) - 1)
}
