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
