import Findings
import Testing

@Suite struct FindingCodingTests {
  private struct Finding: Codable, Equatable {
    var zebra: Int
    var apple: Double
    var list: [Double]
    var rows: [[Double]]
    var name: String?
    var nested: [Estimate]
    var flag: Bool?
  }

  private let finding = Finding(
    zebra: 3, apple: -0.0, list: [1, .nan, .infinity], rows: [[0.5], []], name: nil,
    nested: [Estimate(0.1, low: 0.05, high: .nan)], flag: true)

  @Test func keysKeepTheirOrderAndWhatIsNotFiniteIsNull() throws {
    #expect(
      try FindingEncoder.encode(finding).serialized()
        == #"{"zebra":3,"apple":0.0,"list":[1.0,null,null],"rows":[[0.5],[]],"name":null,"#
        + #""nested":[{"value":0.1,"low":0.05,"high":null}],"flag":true}"#)
  }

  @Test func whatWasEncodedIsReadBack() throws {
    let text = try FindingEncoder.encode(finding).serialized()
    let read = try FindingDecoder.decode(Finding.self, from: text)
    #expect(read.zebra == 3 && read.name == nil && read.flag == true && read.rows == [[0.5], []])
    #expect(read.list[0] == 1 && read.list[1].isNaN && read.list[2].isNaN)
    #expect(read.nested == [Estimate(0.1, low: 0.05, high: .nan)])
    #expect(try FindingEncoder.encode(read).serialized() == text)
  }

  @Test func aNumberThatIsLeftOutWasNotMeasured() throws {
    #expect(try FindingDecoder.decode(Estimate.self, from: #"{"value":1,"low":null}"#) == Estimate(1))
  }

  @Test func anotherShapeIsRefused() {
    #expect(throws: DecodingError.self) { try FindingDecoder.decode(Finding.self, from: #"{"zebra":"3"}"#) }
    #expect(throws: DecodingError.self) { try FindingDecoder.decode([Int].self, from: "[1,2.5]") }
    #expect(throws: DecodingError.self) { try FindingDecoder.decode(Estimate.self, from: "{") }
  }

  @Test func aScoreStandsUnderItsOwnName() throws {
    let accuracy = ScoredTask(.accuracy, 0.9, loss: 0.3)
    #expect(try FindingEncoder.encode(accuracy).serialized() == #"{"accuracy":0.9,"loss":0.3}"#)
    let perplexity = ScoredTask(Score(name: "perplexity", unit: .number, direction: .down), 12, loss: 2.5)
    for task in [accuracy, perplexity, ScoredTask(.agreement, .nan)] {
      let text = try FindingEncoder.encode(task).serialized()
      #expect(try FindingDecoder.decode(ScoredTask.self, from: text) == task)
    }
  }

  @Test func aDeclineIsPositiveWhicheverWayIsBetter() {
    #expect(Score.accuracy.decline(from: 0.5, to: 0.25) == 0.25 && Score.loss.decline(from: 1, to: 1.5) == 0.5)
  }
}
