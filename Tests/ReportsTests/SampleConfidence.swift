import Findings
import Metrics

extension SampleFindings {
  /// 400 answers, nine of ten right, said with one confidence before and another after: 0.9 is what that is worth.
  static func confidence(from before: Double, to after: Double, count: Int = 400) -> ConfidenceChange {
    func sums(_ confidence: Double) -> ConfidenceSums {
      Calibration(
        classCount: 2, probabilities: (0..<count).flatMap { _ in [confidence, 1 - confidence] },
        labels: (0..<count).map { $0 % 10 == 0 ? 1 : 0 }
      ).sums()
    }
    return ConfidenceChange(from: sums(before), to: sums(after))
  }

  /// Worth less, worth more, and neither.
  static let confidences = [
    confidence(from: 0.9, to: 0.999), confidence(from: 0.999, to: 0.9), confidence(from: 0.9, to: 0.9),
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
