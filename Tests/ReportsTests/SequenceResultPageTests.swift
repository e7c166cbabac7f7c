import Findings
import Testing

@testable import Reports

@Suite struct SequenceResultPageTests {
  private let result = SequenceResult(
    run: "runs/seq", tasks: ["a", "b", "c"],
    matrix: [[0.9, .nan, .nan], [0.95, 0.8, .nan], [0.7, 0.75, 0.6]], baseline: nil, sharesHead: false)

  @Test func forgettingIsAsItsDefinitionSays() {
    // Chaudhry: the best before the last, (0.95 − 0.7 + 0.8 − 0.75) / 2; Avalanche: right after learning.
    #expect(abs(result.forgetting - 0.15) < 1e-12 && result.definition == .chaudhry)
    let other = result.defined(by: .avalanche)
    #expect(abs(other.forgetting - 0.125) < 1e-12 && abs(other.forgetting + other.backwardTransfer) < 1e-12)
    #expect(other.measures().rows[1][2].hasSuffix("(Avalanche)"))
    #expect(result.forwardTransfer == nil && result.measures().rows[3][1] == "–")
  }

  /// Nats a token: what rises is lost, and the best before is the least.
  @Test func ofNatsATokenMoreAreWorse() {
    let nats = Score(name: "nats_per_token", unit: .natsPerToken, direction: .down)
    let result = SequenceResult(
      run: "", tasks: ["a", "b", "c"], matrix: [[2.5, 3.5, 4], [2.25, 3, 3.5], [3, 3.25, 2]], baseline: [5, 5, 5],
      sharesHead: true, score: nats)
    // (3 − 2.25 + 3.25 − 3) / 2 forgotten; backward (2.5 − 3 + 3 − 3.25) / 2; forward (5 − 3.5 + 5 − 3.5) / 2.
    #expect(result.forgetting == 0.5 && result.backwardTransfer == -0.375 && result.forwardTransfer == 1.5)
    #expect(result.averageScore == 2.75 && result.defined(by: .avalanche).forgetting == 0.375)
    #expect(
      result.verdict(of: "seq").hasPrefix(
        "seq reached 2.750 nats a token on average over 3 tasks; a lost most, 0.500 nats a token since it was learnt."))
    #expect(result.table().rows[0] == ["a", "2.500", "3.500", "4.000"])
    #expect(
      result.measures().rows == [
        ["average cross-entropy", "2.750 nats a token", "mean over tasks after the last"],
        [
          "forgetting", "0.500 nats a token",
          "mean over earlier tasks of the last cross-entropy, minus the best before the last task",
        ],
        [
          "backward transfer", "−0.375 nats a token",
          "mean over earlier tasks of the cross-entropy right after learning, minus the last",
        ],
        [
          "forward transfer", "1.500 nats a token",
          "mean over later tasks of a random network’s cross-entropy, minus the one before learning",
        ],
      ])
    let chart = result.chart(title: "seq")
    #expect(chart.limits == 2...4 && chart.isLightLow && chart.valueTitle == "nats a token")
    #expect(result.html(title: "seq").contains("Cross-entropy of every task after every task"))
    let own = SequenceResult(run: "", tasks: ["a"], matrix: [[2]], baseline: nil, sharesHead: true, score: nats)
    #expect(own.measures().rows[3][2] == "not measured: the network does not say how fresh weights are drawn")
  }

  @Test func theTaskThatLostMostIsNamed() {
    #expect(
      result.verdict(of: "seq")
        == "seq reached 68.3 % on average over 3 tasks; a lost most, 20.0 points since it was learnt. \(SequenceResult.untested)"
    )
    let kept = SequenceResult(
      run: "", tasks: ["a", "b"], matrix: [[0.5, 0.5], [0.5, 0.9]], baseline: [0.4, 0.25], sharesHead: true)
    #expect(kept.verdict(of: "seq").contains("no task is worse than right after it was learnt."))
    #expect(kept.forwardTransfer == 0.25)
  }

  @Test func theOnlyTaskThatLostIsNotSaidToHaveLostMost() {
    for matrix: [[Double]] in [[[0.9, 0.5], [0.7, 0.9]], [[0.9, 0, 0], [0.9, 0.8, 0], [0.7, 0.85, 0.9]]] {
      let result = SequenceResult(
        run: "", tasks: Array(["a", "b", "c"].prefix(matrix.count)), matrix: matrix, baseline: nil, sharesHead: true)
      #expect(result.verdict(of: "seq").contains("; a lost 20.0 points since it was learnt."))
    }
  }

  @Test func pageTableAndJSONGiveTheSameNumbers() throws {
    let text = try FindingEncoder.encode(result).serialized()
    #expect(
      text.hasPrefix(
        #"{"run":"runs/seq","tasks":["a","b","c"],"matrix":[[0.9,null,null],[0.95,0.8,null],[0.7,0.75,0.6]],"#
          + #""averageAccuracy":0.6833333333333332,"backwardTransfer":"#), "\(text)")
    let read = try FindingDecoder.decode(SequenceResult.self, from: text)
    #expect(try FindingEncoder.encode(read).serialized() == text)
    #expect(read.table() == result.table() && read.measures() == result.measures() && read.csv() == result.csv())
    #expect(read.html(title: "s") == result.html(title: "s"))
    #expect(
      result.measures().rows[0][1] == "68.3 %" && result.measures().rows[1][1] == "15.0 points"
        && result.html(title: "s").contains("68.3"))
  }
}
