import Testing

@testable import Datasets

@Suite struct ContentOrderTests {
  @Test func theSameExamplesComeInTheSameOrderHoweverTheyAreSorted() throws {
    let values = (0..<50).map { Float($0) }
    func ordered(_ values: [Float]) throws -> [Float] {
      let split = sampleSplit(values, width: 1, labels: [Int32](repeating: 0, count: values.count))
      return try split.orderedByContents(Array(0..<values.count)).map { values[$0] }
    }
    let found = try ordered(values)
    #expect(found.sorted() == values && found != values)
    #expect(try ordered(values.reversed()) == found)
    #expect(try ordered(values.shuffled()) == found)
    // A subset has rows of its own.
    let split = sampleSplit(values, width: 1, labels: [Int32](repeating: 0, count: 50)).selecting([7, 3, 9])
    #expect(try Set(split.orderedByContents([0, 2])) == [0, 2])
  }
}
