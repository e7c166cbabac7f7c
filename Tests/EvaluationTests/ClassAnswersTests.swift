import Foundation
import Metrics
import TestSupport
import Testing
import Torch

@testable import Evaluation

/// What a model's confidence is worth, from its outputs.
@Suite struct ClassAnswersTests {
  /// `Fixtures/calibration/make_calibration.py`; outputs are logarithms but for what they add up to.
  @Test func figuresOfOutputsAreTorchmetricsAndPyTorchs() throws {
    let cases = try CalibrationFixture.all()
    for (name, expected) in cases where name != "edges" {
      let rows = expected.labels.count
      let outputs = try Tensor(
        expected.probabilities.enumerated().map { log($1) + Double($0 / expected.classCount % 7) },
        shape: [rows, expected.classCount])
      let labels = try Tensor(expected.labels.map(Int64.init))
      let answers = try #require(try Classification().classAnswers(of: outputs, labels: labels))
      let scores = try answers.sums().scores
      #expect(abs(scores.calibrationError - expected.calibrationError) < 1e-6, "\(name): \(scores)")
      #expect(abs(scores.brierScore - expected.brierScore) < 1e-12, "\(name): \(scores)")
      #expect(abs(scores.negativeLogLikelihood - expected.negativeLogLikelihood) < 1e-12, "\(name): \(scores)")
      // The same as rows.
      #expect(abs(try answers.calibration().brierScore - expected.brierScore) < 1e-12)
    }
  }

  /// ln 3 says the second class with 3/4: right once, wrong once. NLL (−ln 3/4 − ln 1/4) / 2, Brier (2/16 + 2 · 9/16) / 2, one
  /// bin with the gaps −1/4 and 3/4.
  @Test func oneOutputIsTwoClasses() throws {
    let outputs = try Tensor([log(3.0), log(3.0)], shape: [2, 1])
    let labels = try Tensor([Int64(1), 0], shape: [2, 1])
    let answers = try #require(try BinaryClassification().classAnswers(of: outputs, labels: labels))
    let scores = try answers.sums().scores
    #expect(abs(scores.negativeLogLikelihood + (log(0.75) + log(0.25)) / 2) < 1e-12)
    #expect(abs(scores.brierScore - 0.625) < 1e-12 && abs(scores.calibrationError - 0.25) < 1e-12)
  }

  /// Tokens that do not count have no part in it; a text is one example.
  @Test func tokensThatCountAreAnswers() throws {
    let outputs = try Tensor(
      [log(3.0), 0, 0, log(9.0), 5, 0, log(3.0), 0, 7, 0, 7, 0], shape: [2, 3, 2])
    let labels = try Tensor([Int64(0), 1, -100, 1, -100, -100], shape: [2, 3])
    let answers = try #require(try TokenClassification().classAnswers(of: outputs, labels: labels))
    let sums = try answers.sums()
    #expect(sums.count == 2)
    let scores = sums.scores
    #expect(abs(scores.negativeLogLikelihood + (log(0.75) + log(0.9) + log(0.25)) / 3) < 1e-12, "\(scores)")
    // 0.75 twice: gaps −1/4 and 3/4; 0.9 right: −1/10.
    #expect(abs(scores.calibrationError - (0.5 + 0.1) / 3) < 1e-12, "\(scores)")
    #expect(try CausalLanguageModel().classAnswers(of: outputs, labels: labels) == nil)
  }
}
