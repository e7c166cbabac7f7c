import Findings
import Metrics

extension ConfidenceChange {
  /// Whether both of its figures rose, both fell, or the calibration error alone did.
  func licenses(_ verdict: String) -> Bool {
    let (error, loss) = (calibrationErrorRise, negativeLogLikelihoodRise)
    return switch verdict {
    case "is worth less": error.low > 0 && loss.low > 0
    case "is worth more": error.high < 0 && loss.high < 0
    case "is farther from the accuracy": error.low > 0 && !(loss.low > 0)
    case "is nearer to the accuracy": error.high < 0 && !(loss.high < 0)
    default: false
    }
  }

  /// What sentences of confidence need that begin with a subject.
  static func licences<Finding>(
    _ subject: String, of changes: @escaping @Sendable (Finding) -> [ConfidenceChange?]
  ) -> [SentenceTable<Finding>.Licence] {
    ["is worth less", "is worth more", "is farther from the accuracy", "is nearer to the accuracy"].map { verdict in
      (beginning: "\(subject) \(verdict)", holds: { changes($0).contains { $0?.licenses(verdict) == true } })
    }
  }
}

extension SampleFindings {
  /// 400 answers, nine of ten right, said with one confidence before and another after: 0.9 is what that is worth.
  ///
  /// - Parameter halfRight: of which of the two models only five of ten are.
  static func confidence(
    from before: Double, to after: Double, count: Int = 400, halfRight: (before: Bool, after: Bool) = (false, false)
  ) -> ConfidenceChange {
    func sums(_ confidence: Double, _ isHalfRight: Bool) -> ConfidenceSums {
      Calibration(
        classCount: 2, probabilities: (0..<count).flatMap { _ in [confidence, 1 - confidence] },
        labels: (0..<count).map { $0 % (isHalfRight ? 2 : 10) == 0 ? 1 : 0 }
      ).sums()
    }
    return ConfidenceChange(from: sums(before, halfRight.before), to: sums(after, halfRight.after))
  }

  /// Worth less, worth more, and neither; farther from an accuracy that rose, and nearer to one that fell.
  static let confidences = [
    confidence(from: 0.9, to: 0.999), confidence(from: 0.999, to: 0.9), confidence(from: 0.9, to: 0.9),
    confidence(from: 0.5, to: 0.99, halfRight: (true, false)),
    confidence(from: 0.99, to: 0.5, halfRight: (false, true)),
  ]

  /// A run whose model is surer of itself on the source than it should be.
  static func withConfidence(_ change: ConfidenceChange = confidences[0]) -> RunFinding {
    var run = plain
    run.confidence = RunConfidence(source: change, target: change)
    for place in run.epochs.indices {
      let scores = place == 0 ? change.before : change.after
      run.epochs[place].source?.confidence = scores
      run.epochs[place].target?.confidence = scores
    }
    return run
  }
}
