import Testing

@testable import Training

@Suite struct BatchPartTests {
  @Test func noExampleIsLeftOutOrCountsTwice() {
    for processCount in 1...7 {
      for count in 1...40 {
        var weights = [Double](repeating: 0, count: count)
        var shares = 0.0
        for rank in 0..<processCount {
          let part = BatchPart(of: count, rank: rank, processCount: processCount)
          #expect(!part.places.isEmpty && part.batchCount == count)
          for place in part.places { weights[place] += part.weight }
          shares += part.share * part.weight
        }
        #expect(weights.allSatisfy { abs($0 - 1) < 1e-12 }, "\(count) examples, \(processCount) processes: \(weights)")
        #expect(abs(shares - 1) < 1e-12, "\(count) examples, \(processCount) processes: \(shares)")
      }
    }
  }

  /// 10 examples among 4: 3, 3, 2, 2.
  @Test func partsAreEvenAndInOrder() {
    let places = (0..<4).map { BatchPart(of: 10, rank: $0, processCount: 4).places }
    #expect(places == [0..<3, 3..<6, 6..<8, 8..<10])
    #expect(BatchPart(of: 10, rank: 2, processCount: 4).share == 0.2)
  }

  /// Of 3 examples among 4 processes each computes all, and counts for a quarter.
  @Test func aBatchThatIsTooSmallIsEverybodys() {
    let part = BatchPart(of: 3, rank: 2, processCount: 4)
    #expect(part.places == 0..<3 && part.weight == 0.25 && part.share == 1 && !part.isShared)
  }

  @Test func aProcessByItselfHasTheWhole() {
    #expect(
      BatchPart.ofEpoch(70, batchSize: 32, rank: 0, processCount: 1)
        == [BatchPart(whole: 32), BatchPart(whole: 32), BatchPart(whole: 6)])
  }
}
