import Findings
import Metrics

extension CalibrationScores {
  /// The figures by name, the calibration error first: each with its text, and that of a difference.
  static let figures: [CalibrationFigure] = [
    CalibrationFigure(
      "calibration error", \.calibrationError, \.calibrationErrorRise, { NumberText.percent($0) },
      { NumberText.points($0) }),
    CalibrationFigure(
      "negative log-likelihood", \.negativeLogLikelihood, \.negativeLogLikelihoodRise, { NumberText.fixed($0, 3) },
      { NumberText.fixed($0, 3) }),
    CalibrationFigure(
      "Brier score", \.brierScore, \.brierScoreRise, { NumberText.fixed($0, 3) }, { NumberText.fixed($0, 3) }),
  ]

  /// `calibration error 3.2 %, Brier score 0.121`: what stands beside a loss, which is the negative log-likelihood.
  var words: String {
    "calibration error \(NumberText.percent(calibrationError)), Brier score \(NumberText.fixed(brierScore, 3))"
  }
}

/// One of the figures that say what confidence is worth.
struct CalibrationFigure: Sendable {
  let name: String
  let value: @Sendable (CalibrationScores) -> Double
  let rise: @Sendable (ConfidenceChange) -> Estimate
  let text: @Sendable (Double) -> String
  /// Of a difference, without its sign where it rose.
  let difference: @Sendable (Double) -> String

  init(
    _ name: String, _ value: @escaping @Sendable (CalibrationScores) -> Double,
    _ rise: @escaping @Sendable (ConfidenceChange) -> Estimate, _ text: @escaping @Sendable (Double) -> String,
    _ difference: @escaping @Sendable (Double) -> String
  ) {
    (self.name, self.value, self.rise, self.text, self.difference) = (name, value, rise, text, difference)
  }
}

extension ConfidenceChange {
  /// `calibration error 2.1 → 8.3 % (95 % interval of the change 4.0 to 7.7 points), negative log-likelihood 0.310 → 0.520`.
  var words: String {
    let rise = calibrationErrorRise
    return
      "calibration error \(NumberText.points(before.calibrationError)) → \(NumberText.percent(after.calibrationError))"
      + " (95 % interval of the change \(NumberText.interval(rise.low, rise.high, scale: 100)) points), negative "
      + "log-likelihood \(NumberText.fixed(before.negativeLogLikelihood, 3)) → "
      + NumberText.fixed(after.negativeLogLikelihood, 3)
  }

  /// What became of the confidence, in a sentence's beginning; nil where its calibration error has no established change.
  ///
  /// It is worth more or less where the likelihood says so too. Where that says nothing or the contrary, as of answers that
  /// got worse and less sure of themselves, the calibration error's own change is all that is said.
  var verdict: String? {
    guard isEstablished else { return nil }
    if isLoss { return "is worth less" }
    if isGain { return "is worth more" }
    return calibrationErrorRise.value > 0 ? "is farther from the accuracy" : "is nearer to the accuracy"
  }

  /// A figure a row: its values, and by how much it rose.
  func rows() -> [[String]] {
    CalibrationScores.figures.map { figure in
      let rise = figure.rise(self)
      let change = figure.difference(rise.value)
      let interval =
        rise.low.isFinite && rise.high.isFinite
        ? "\(figure.difference(rise.low)) to \(figure.difference(rise.high))" : NumberText.missing
      return [
        figure.name, figure.text(figure.value(before)), figure.text(figure.value(after)),
        rise.value > 0 ? "+" + change : change, interval,
      ]
    }
  }

  /// The heads of ``rows()``.
  static let columns: [TextTable.Column] = [
    .init("measure"), .number("before"), .number("after"), .number("change"), .number("95 % interval"),
  ]
}

/// What the figures of confidence are, wherever they stand in a table.
let confidenceNote =
  "Calibration error is how far confidence is from accuracy, the mean over 15 bins of the probability of what was said; "
  + "negative log-likelihood is that of what is right, in nats; the Brier score is the squared distance of the probabilities "
  + "from what is right; less is better of each, and the interval of a change is a jackknife over examples."
