import Findings
import Testing

@Suite struct RepeatedMeanTests {
  @Test func theIntervalIsStudents() throws {
    let mean = RepeatedMean([0.8, 0.9])
    // s = 0.0707107, half = 12.7062 · s / √2 = 0.63531.
    #expect(abs(mean.mean - 0.85) < 1e-12 && abs(mean.high - 1.48531) < 1e-5 && abs(mean.low - 0.21469) < 1e-5)
    #expect(RepeatedMean([0.5]).low.isNaN && RepeatedMean([]).mean.isNaN)
    #expect(
      try FindingEncoder.encode(RepeatedMean([0.5])).serialized()
        == #"{"mean":0.5,"low":null,"high":null,"values":[0.5]}"#)
  }

  @Test func aScoresMeanStandsUnderItsOwnName() throws {
    #expect(
      try FindingEncoder.encode(RepeatedScore(.accuracy, [0.5])).serialized()
        == #"{"accuracy":0.5,"low":null,"high":null,"values":[0.5]}"#)
    for score in [Score.accuracy, Score(name: "perplexity", unit: .number, direction: .down)] {
      let text = try FindingEncoder.encode(RepeatedScore(score, [12, 14])).serialized()
      let read = try FindingDecoder.decode(RepeatedScore.self, from: text)
      #expect(read.score == score && read.mean == 13 && read.values == [12, 14])
      #expect(try FindingEncoder.encode(read).serialized() == text)
    }
  }

  /// Student's interval of 0.1, 0.1, 3 is 1.07 ± 4.16, and of 0.9, 0.2, 0.9 it is 0.67 ± 1.00.
  @Test func intervalsStayWithinWhatAScoreCanBe() {
    let error = RepeatedScore(Score(name: "rmse", unit: .number, direction: .down), [0.1, 0.1, 3])
    #expect(error.low == 0 && abs(error.high - 5.2256) < 1e-3, "\(error)")
    let determined = RepeatedScore(Score(name: "r2", unit: .number, direction: .up), [0.9, 0.2, 0.9])
    #expect(abs(determined.low + 0.3373) < 1e-3 && determined.high == 1, "\(determined)")
  }
}
