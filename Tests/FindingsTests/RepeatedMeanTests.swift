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
}
