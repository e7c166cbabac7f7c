import Foundation
import Metrics
import TestSupport
import Testing

@Suite struct CalibrationTests {
  /// torchmetrics computes the calibration error in float32.
  @Test func figuresAreTorchmetricsPyTorchsAndSciPys() throws {
    let cases = try CalibrationFixture.all()
    #expect(cases.count == 3)
    for (name, expected) in cases {
      let own = Calibration(
        classCount: expected.classCount, probabilities: expected.probabilities, labels: expected.labels)
      let fitted = try #require(own.fittedTemperature)
      let figures: [(String, Double, Double, Double)] = [
        ("calibration error", own.expectedCalibrationError(), expected.calibrationError, 1e-6),
        ("Brier score", own.brierScore, expected.brierScore, 1e-12),
        ("negative log-likelihood", own.negativeLogLikelihood, expected.negativeLogLikelihood, 1e-12),
        ("temperature", fitted.temperature / expected.temperature, 1, 1e-4),
        ("loss at it", fitted.negativeLogLikelihood, expected.lossAtTemperature, 1e-9),
      ]
      for (figure, found, other, tolerance) in figures {
        #expect(abs(found - other) <= tolerance, "\(name), \(figure): \(found), expected \(other)")
      }
    }
  }

  /// Confidence 0.9 and 0.6, both right: (0.1 + 0.4) / 2; 0.62 and 0.64 are of one bin, in which one is right: their gaps
  /// are 0.62 and −0.36, together 0.26 of two.
  @Test func gapsWithinABinCancel() {
    #expect(abs(expectedCalibrationError(confidences: [0.9, 0.6], isRight: [true, true]) - 0.25) < 1e-12)
    #expect(abs(expectedCalibrationError(confidences: [0.62, 0.64], isRight: [false, true]) - 0.13) < 1e-12)
    #expect(expectedCalibrationError(confidences: [1, 0], isRight: [true, false]) == 0)
    #expect(expectedCalibrationError(confidences: [], isRight: []).isNaN)
  }

  /// Of a fair coin that is said to be 0.9 sure and is right in three of four: σ(2.197 / T) = 0.75 at T = ln 9 / ln 3 = 2.
  @Test func theTemperatureBringsConfidenceToWhatItIsWorth() throws {
    let rows = Calibration(
      classCount: 2, probabilities: [0.9, 0.1, 0.9, 0.1, 0.9, 0.1, 0.9, 0.1], labels: [0, 0, 0, 1])
    let fitted = try #require(rows.fittedTemperature)
    #expect(abs(fitted.temperature - 2) < 1e-9)
    #expect(abs(fitted.negativeLogLikelihood + (3 * log(0.75) + log(0.25)) / 4) < 1e-12)
    #expect(abs(rows.brierScore - (3 * 0.02 + 1.62) / 4) < 1e-12)
    // Always right: the surer, the better.
    #expect(Calibration(classCount: 2, probabilities: [0.9, 0.1], labels: [0]).fittedTemperature == nil)
    #expect(Calibration(classCount: 2, probabilities: [1, 0], labels: [1]).negativeLogLikelihood == .infinity)
  }
}
