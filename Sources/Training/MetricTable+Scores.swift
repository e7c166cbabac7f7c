import Checkpoints
import Evaluation
import Findings
import Metrics

/// How scores stand in a run's tables, a row an epoch or a look: `source_accuracy`, `source_loss`, `gauge_divergence`.
extension MetricTable {
  /// - Parameter task: what stands before the columns' names: `source`, `target_validation`.
  mutating func set(_ scored: ScoredTask, of task: String, row: Int) {
    set("\(task)_\(scored.score.name)", row: row, to: scored.value)
    for other in scored.further { set("\(task)_\(other.score.name)", row: row, to: other.value) }
    set("\(task)_loss", row: row, to: scored.loss)
    guard let confidence = scored.confidence else { return }
    set("\(task)_negative_log_likelihood", row: row, to: confidence.negativeLogLikelihood)
    set("\(task)_calibration_error", row: row, to: confidence.calibrationError)
    set("\(task)_brier_score", row: row, to: confidence.brierScore)
  }

  /// What ``set(_:of:row:)`` wrote of how much confidence is worth; nil where that was not measured.
  func confidence(of task: String, row: Int) -> CalibrationScores? {
    func value(_ name: String) -> Double { self.value("\(task)_\(name)", row: row) }
    guard !value("negative_log_likelihood").isNaN else { return nil }
    return CalibrationScores(
      negativeLogLikelihood: value("negative_log_likelihood"), calibrationError: value("calibration_error"),
      brierScore: value("brier_score"))
  }

  mutating func set(_ gauge: OutputDivergence, row: Int) {
    set("gauge_divergence", row: row, to: gauge.value)
    set("gauge_low", row: row, to: gauge.low)
    set("gauge_high", row: row, to: gauge.high)
  }

  /// What ``set(_:of:row:)`` wrote of a kind of task; NaN where nothing was.
  func values(of task: String, _ kind: any TaskKind, row: Int) -> TaskValues {
    TaskValues(
      loss: value("\(task)_loss", row: row), scores: kind.scores.map { value("\(task)_\($0.name)", row: row) })
  }

  /// What ``set(_:row:)`` wrote of a gauge; nil where it was not measured.
  ///
  /// - Parameters:
  ///   - gauge: what it is of.
  ///   - count: the examples that it was asked about.
  func divergence(of gauge: RunState.Gauge?, count: Int?, row: Int) -> OutputDivergence? {
    func value(_ name: String) -> Double { self.value("gauge_\(name)", row: row) }
    guard let gauge, let unit = OutputDivergence.Unit(rawValue: gauge.unit), value("divergence").isFinite
    else { return nil }
    return OutputDivergence(
      value: value("divergence"), low: value("low"), high: value("high"), count: count ?? gauge.count,
      places: gauge.places, unit: unit)
  }
}

extension NumberArray {
  /// What examples add to a score, a row an example.
  init(_ sums: ExampleSums) { self.init(shape: [sums.count, sums.width], values: sums.values) }

  /// The same as sums; nil of numbers that are no rows.
  var exampleSums: ExampleSums? {
    shape.count == 2 && shape[1] > 0 ? ExampleSums(width: shape[1], values: values) : nil
  }
}
