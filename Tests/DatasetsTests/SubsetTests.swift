import Testing

@testable import Datasets

@Suite struct SubsetTests {
  private let dataset: Dataset

  init() throws {
    dataset = try Dataset(
      name: "numbers", classNames: ["zero", "one", "two", "T-shirt/top"],
      train: sampleSplit([0, 1, 2, 3, 10, 11], width: 1, labels: [0, 1, 2, 3, 0, 1]),
      test: sampleSplit([20, 21, 22, 23], width: 1, labels: [3, 2, 1, 0]))
  }

  private func values(_ split: Split) throws -> [Float] {
    let input = try #require(split.input(named: "input"))
    return try split.gather(0..<split.count, of: input).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
  }

  @Test func labelsAreRenumberedInTheOrderGiven() throws {
    let subset = try dataset.subset(classes: [3, 1])
    #expect(subset.name == "numbers:3,1")
    #expect(subset.classNames == ["T-shirt/top", "one"])
    #expect(subset.labelMap == [3, 1])
    #expect(subset.train.labels == [1, 0, 1])
    #expect(try values(subset.train) == [1, 3, 11])
    #expect(subset.test.labels == [0, 1])
    #expect(try values(subset.test) == [20, 22])
  }

  @Test func aSubsetOfASubsetKeepsTheOriginalNumbers() throws {
    let subset = try dataset.subset(classes: [1, 2, 3]).subset(classes: [2, 0])
    #expect(subset.labelMap == [3, 1])
    #expect(try values(subset.train) == [1, 3, 11])
    #expect(subset.train.labels == [1, 0, 1])
  }

  @Test func selectingTakesExamplesInOrder() throws {
    let selected = try dataset.subset(classes: [0, 1]).train.selecting([3, 0])
    #expect(try values(selected) == [11, 0])
    #expect(selected.labels == [1, 0])
  }

  @Test(arguments: [
    ("0-2", [0, 1, 2]), ("3,1", [3, 1]), ("2,0-1", [2, 0, 1]), ("two,T-Shirt/top", [2, 3]), ("1-1", [1]),
  ])
  func classesByNumberAndName(text: String, expected: [Int]) throws {
    #expect(try dataset.classes(named: text, specification: "numbers:\(text)") == expected)
  }

  @Test func randomHalvesTogetherAreAllClasses() throws {
    var draws: Set<[Int]> = []
    for draw in ["", "@1", "@2", "@3", "@4", "@5"] {
      let (a, b) = (
        try dataset.classes(named: "half-a" + draw, specification: ""),
        try dataset.classes(named: "half-b" + draw, specification: "")
      )
      #expect(a.count == 2 && a == a.sorted() && (a + b).sorted() == [0, 1, 2, 3], "\(draw): \(a), \(b)")
      #expect(try dataset.classes(named: "half-a" + draw, specification: "") == a)
      draws.insert(a)
    }
    #expect(draws.count > 1)
    let three = try dataset.subset(classes: [0, 1, 2])
    #expect(try three.classes(named: "half-a", specification: "").count == 2)
  }

  @Test(arguments: [
    (
      "half-c",
      "numbers:half-c: a random half is half-a or half-b, another draw of them half-a@1; classes are written like 0-4 or 1,3,5"
    ),
    (
      "half-a@x",
      "numbers:half-a@x: a random half is half-a or half-b, another draw of them half-a@1; classes are written like 0-4 or 1,3,5"
    ),
    ("", "numbers:: a class is missing in “”; classes are written like 0-4 or 1,3,5"),
    ("1,,2", "numbers:1,,2: a class is missing in “1,,2”; classes are written like 0-4 or 1,3,5"),
    ("2-1", "numbers:2-1: the range 2-1 runs backwards; classes are written like 0-4 or 1,3,5"),
    ("-3", "numbers:-3: “-3” is no class and no range; classes are written like 0-4 or 1,3,5"),
    ("1,0-2", "numbers:1,0-2: a class is named twice; classes are written like 0-4 or 1,3,5"),
    ("2-4", "numbers: no class 4; it has 0 to 3: zero, one, two, T-shirt/top"),
    ("0-99999999999", "numbers: no class 99999999999; it has 0 to 3: zero, one, two, T-shirt/top"),
    ("three", "numbers: no class three; it has 0 to 3: zero, one, two, T-shirt/top"),
  ])
  func wrongSubsetsAreRefused(text: String, message: String) throws {
    let error = #expect(throws: DatasetError.self) {
      try dataset.classes(named: text, specification: "numbers:\(text)")
    }
    #expect(error?.description == message)
  }

  @Test func aSplitWithoutExamplesIsRefused() throws {
    let lopsided = try Dataset(
      name: "lopsided", classNames: ["a", "b"], train: sampleSplit([1, 2], width: 1, labels: [0, 1]),
      test: sampleSplit([1], width: 1, labels: [0]))
    let message = description { _ = try lopsided.subset(classes: [1]) }
    #expect(message == "lopsided:1: no examples in the test split")
  }
}
